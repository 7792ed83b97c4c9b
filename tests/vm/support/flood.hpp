// SPDX-License-Identifier: GPL-2.0-only
// Packets without a pause, while something else goes on.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace rmirror::vm {

/** For as long as it lives a thread of its own sends, again and again; what `send` throws, as when
 * a link is down for now, is nothing. */
class Flood {
public:
    explicit Flood(std::function<void()> send);
    Flood(const Flood &) = delete;
    Flood &operator=(const Flood &) = delete;
    ~Flood();

private:
    void run();

    const std::function<void()> send_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace rmirror::vm
