// SPDX-License-Identifier: GPL-2.0-only
//
// Frames into a pcapng file, a series of them, or a pipe. Each stream is an interface of the file;
// each file of a series is complete by itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "descriptor.hpp"
#include "pcapng.hpp"
#include "sink.hpp"

namespace rmirror::collector {

struct FileOptions {
    std::string path;                // "-": the standard output
    std::uint64_t rotate_bytes = 0;  // 0: do not
    std::uint64_t rotate_seconds = 0;
    std::uint64_t files = 0;  // the newest so many of a series are kept; 0: all

    bool rotates() const { return rotate_bytes != 0 || rotate_seconds != 0; }
};

class FileSink : public Sink {
public:
    // Opens the (first) file. While `*stopping` is true a reader that does not read is not waited
    // for.
    static Result<std::unique_ptr<FileSink>> open(const FileOptions &options,
                                                  const std::atomic<bool> *stopping);

    void write(const Frame &frame) override;
    void idle() override;
    void finish(const Streams &streams, std::uint64_t kernel_drops) override;

private:
    FileSink(FileOptions options, const std::atomic<bool> *stopping)
        : options_(std::move(options)), stopping_(stopping) {}

    std::optional<Error> open_next();
    std::string next_name();
    bool is_due(const Frame &frame, std::uint64_t now_ns) const;
    std::uint32_t interface_of(const Frame &frame);
    void flush();
    bool wait_for_reader();

    struct Interface {
        const Stream *stream;
        std::uint64_t packets_before;  // of the stream, when this file began
        std::uint64_t lost_before;
    };
    void end_file(std::uint64_t kernel_drops);

    FileOptions options_;
    const std::atomic<bool> *stopping_;
    Descriptor file_;
    bool is_pipe_ = false;
    std::string name_;
    std::deque<std::string> names_;  // of a series, if old ones are removed
    std::uint64_t count_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t begun_ns_ = 0;
    std::uint64_t last_ns_ = 0;
    pcapng::Buffer buffer_;
    std::vector<Interface> interfaces_;
    // By twice the number of the stream, and the link: 1 + the interface's number, 0 for none
    std::vector<std::uint32_t> numbers_;
};

}  // namespace rmirror::collector
