// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/flood.hpp"

#include <exception>
#include <utility>

namespace rmirror::vm {

Flood::Flood(std::function<void()> send) : send_(std::move(send)), thread_([this] { run(); }) {}

Flood::~Flood() {
    stop_ = true;
    thread_.join();
}

void Flood::run() {
    while (!stop_) {
        try {
            send_();
        } catch (const std::exception &) {
            std::this_thread::yield();
        }
    }
}

}  // namespace rmirror::vm
