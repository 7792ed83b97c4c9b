// SPDX-License-Identifier: GPL-2.0-only
#include "vm/support/collector.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/paths.hpp"
#include "vm/support/time_scale.hpp"

namespace rmirror::vm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience(20);

FileDescriptor memory_file(const char *name) {
    FileDescriptor file(memfd_create(name, MFD_CLOEXEC));
    check_errno(file.get(), "memfd_create");
    return file;
}

std::vector<std::string> fields_of(const std::string &line) {
    std::vector<std::string> fields;
    std::size_t begin = 0;
    for (std::size_t end; (end = line.find('\t', begin)) != std::string::npos; begin = end + 1)
        fields.push_back(line.substr(begin, end - begin));
    fields.push_back(line.substr(begin));
    return fields;
}

// "1700000000.123456789"
std::uint64_t nanoseconds(const std::string &text) {
    const std::size_t dot = text.find('.');
    return std::stoull(text.substr(0, dot)) * 1'000'000'000 + std::stoull(text.substr(dot + 1));
}

std::uint32_t number_at(const std::string &bytes, std::size_t at) {
    std::uint32_t number = 0;
    if (at + sizeof number > bytes.size())
        throw std::runtime_error("a pcap file that ends too early");
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

// Their bytes, by way of the older format, which is simple.
std::vector<test::Bytes> packet_bytes(const std::string &path) {
    const TemporaryFile pcap(".pcap");
    require_command({"editcap", "-F", "nsecpcap", path, pcap.path()});
    std::ifstream file(pcap.path(), std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::vector<test::Bytes> packets;
    for (std::size_t at = 24; at < all.size();) {
        const std::uint32_t size = number_at(all, at + 8);
        at += 16;
        if (at + size > all.size())
            throw std::runtime_error("a pcap file that ends too early");
        packets.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                             all.begin() + static_cast<std::ptrdiff_t>(at + size));
        at += size;
    }
    return packets;
}

}  // namespace

std::string rmirror_program() {
    return RMIRROR_BINARY_DIR "/libnftnl-ext/tools/rmirror";
}

CollectorProcess::CollectorProcess(const NetNs &netns, const std::vector<std::string> &options,
                                   int out)
    : out_(memory_file("out")), err_(memory_file("err")) {
    std::vector<std::string> words{rmirror_program(), "collector"};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char *> argv;
    for (const std::string &word : words)
        argv.push_back(const_cast<char *>(word.c_str()));
    argv.push_back(nullptr);
    const int output = out >= 0 ? out : out_.get();
    netns.run([&] {
        pid_ = fork();
        check_errno(pid_, "fork");
        if (pid_ != 0)
            return;
        dup2(output, STDOUT_FILENO);
        dup2(err_.get(), STDERR_FILENO);
        execv(argv[0], argv.data());
        dprintf(STDERR_FILENO, "cannot start %s\n", argv[0]);
        _exit(127);
    });
    if (!says("receiving"))
        throw std::runtime_error("rmirror collector: " + contents(err_));
}

CollectorProcess::~CollectorProcess() {
    if (pid_ > 0)
        stop(SIGKILL);
}

bool CollectorProcess::says(const std::string &text) const {
    const auto deadline = Clock::now() + scaled(patience);
    do {
        if (errors().find(text) != std::string::npos)
            return true;
        siginfo_t ended{};
        if (waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid != 0)
            return errors().find(text) != std::string::npos;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } while (Clock::now() < deadline);
    return false;
}

CommandResult CollectorProcess::stop(int signal) {
    if (signal != 0)
        kill(pid_, signal);
    CommandResult result;
    int status = 0;
    const auto deadline = Clock::now() + scaled(patience);
    while (waitpid(pid_, &status, WNOHANG) == 0) {
        if (Clock::now() > deadline) {
            result.timed_out = true;
            kill(pid_, SIGKILL);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    pid_ = -1;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = contents(out_);
    result.err = contents(err_);
    return result;
}

std::string CollectorProcess::contents(const FileDescriptor &file) {
    std::string text;
    char buffer[4096];
    off_t at = 0;
    for (ssize_t size; (size = pread(file.get(), buffer, sizeof buffer, at)) > 0; at += size)
        text.append(buffer, static_cast<std::size_t>(size));
    return text;
}

std::vector<CapturedPacket> read_pcapng(const std::string &path) {
    const std::string text = require_command(
        {"tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.interface_name", "-e",
         "frame.len", "-e", "frame.time_epoch", "-e", "frame.packet_flags_direction", "-e",
         "frame.drop_count", "-e", "frame.comment"},
        {.timeout = scaled(std::chrono::seconds(60))});
    const std::vector<test::Bytes> bytes = packet_bytes(path);
    std::vector<CapturedPacket> packets;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::vector<std::string> fields = fields_of(line);
        if (fields.size() != 6 || packets.size() >= bytes.size())
            throw std::runtime_error("tshark: " + line);
        packets.push_back({.interface = fields[0],
                           .length = static_cast<std::uint32_t>(std::stoul(fields[1])),
                           .time_ns = nanoseconds(fields[2]),
                           .direction = fields[3],
                           .lost = fields[4],
                           .comment = fields[5],
                           .bytes = bytes[packets.size()]});
    }
    if (packets.size() != bytes.size())
        throw std::runtime_error("tshark and editcap do not see the same packets");
    return packets;
}

TemporaryFile::TemporaryFile(const std::string &suffix) {
    path_ = "/tmp/rmirror-XXXXXX" + suffix;
    const FileDescriptor file(mkstemps(path_.data(), static_cast<int>(suffix.size())));
    check_errno(file.get(), "mkstemps");
}

TemporaryFile::~TemporaryFile() {
    unlink(path_.c_str());
}

}  // namespace rmirror::vm
