// SPDX-License-Identifier: GPL-2.0-only
//
// threads DIRECTORY: several threads at once, each with contexts of its own, on the libnftables
// that the dynamic linker finds. Built, like the plugin it is run with, with ThreadSanitizer, which
// ends it with a report when two threads meet in a datum without a lock. Exit status 0: each got
// its own results.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

struct nft_ctx;

template <typename Function>
Function *find(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol) {
        std::fprintf(stderr, "threads: %s\n", dlerror());
        std::exit(2);
    }
    return reinterpret_cast<Function *>(symbol);
}

struct Library {
    void *handle = dlopen("libnftables.so.1", RTLD_NOW);
    nft_ctx *(*ctx_new)(unsigned) = find<nft_ctx *(unsigned)>(handle, "nft_ctx_new");
    void (*ctx_free)(nft_ctx *) = find<void(nft_ctx *)>(handle, "nft_ctx_free");
    int (*buffer_output)(nft_ctx *) = find<int(nft_ctx *)>(handle, "nft_ctx_buffer_output");
    int (*buffer_error)(nft_ctx *) = find<int(nft_ctx *)>(handle, "nft_ctx_buffer_error");
    const char *(*output)(nft_ctx *) = find<const char *(nft_ctx *)>(handle,
                                                                     "nft_ctx_get_output_buffer");
    const char *(*error)(nft_ctx *) = find<const char *(nft_ctx *)>(handle,
                                                                    "nft_ctx_get_error_buffer");
    void (*set_flags)(nft_ctx *,
                      unsigned) = find<void(nft_ctx *, unsigned)>(handle,
                                                                  "nft_ctx_output_set_flags");
    int (*add_include_path)(nft_ctx *, const char *) =
        find<int(nft_ctx *, const char *)>(handle, "nft_ctx_add_include_path");
    int (*add_var)(nft_ctx *, const char *) = find<int(nft_ctx *, const char *)>(handle,
                                                                                 "nft_ctx_add_var");
    int (*run)(nft_ctx *,
               const char *) = find<int(nft_ctx *, const char *)>(handle,
                                                                  "nft_run_cmd_from_buffer");
    int (*run_file)(nft_ctx *,
                    const char *) = find<int(nft_ctx *, const char *)>(handle,
                                                                       "nft_run_cmd_from_filename");
};

// One thread: a table of its own, a new context each round.
class Worker {
public:
    Worker(const Library &library, std::string directory, int number)
        : library_(library),
          directory_(std::move(directory)),
          table_("t" + std::to_string(number)),
          collector_("10.0.0." + std::to_string(number)) {}

    void work() {
        constexpr int rounds = 8;
        for (int round = 0; round < rounds; round++) {
            ctx_ = library_.ctx_new(0);
            library_.buffer_output(ctx_);
            library_.buffer_error(ctx_);
            library_.add_include_path(ctx_, directory_.c_str());
            library_.add_var(ctx_, ("to_" + table_ + "=" + collector_).c_str());
            one_round(60 + round);
            library_.ctx_free(ctx_);
        }
    }
    const std::string &failure() const { return failure_; }

private:
    void one_round(int length) {
        const std::string chain = " ip " + table_ + " c ";
        const std::string text = "rmirror to " + collector_ + " len " + std::to_string(length);
        run("add table ip " + table_ + "; add chain" + chain + "; flush chain" + chain);
        run("add rule" + chain + text + " accept");
        expect("list chain" + chain, "\t\t" + text + " accept\n");
        refuse("add rule" + chain + "rmirror to " + collector_ + " len 13", "invalid len '13'");
        refuse("add rule" + chain + "accept " + text, text);
        file("define f = $to_" + table_ + "\nadd rule" + chain + "rmirror to $f len 99\n");
        expect("list chain" + chain, "\t\trmirror to " + collector_ + " len 99\n");
        library_.set_flags(ctx_, 1 << 4);  // NFT_CTX_OUTPUT_JSON
        expect("list chain" + chain, R"({"rmirror": {"to": ")" + collector_ + R"(", "len": 99}})");
        library_.set_flags(ctx_, 0);
    }

    void run(const std::string &command) {
        if (library_.run(ctx_, command.c_str()) != 0)
            fail(command);
    }
    void expect(const std::string &command, const std::string &output) {
        run(command);
        if (std::string(library_.output(ctx_)).find(output) == std::string::npos)
            fail(command);
    }
    void refuse(const std::string &command, const std::string &error) {
        if (library_.run(ctx_, command.c_str()) == 0 ||
            std::string(library_.error(ctx_)).find(error) == std::string::npos)
            fail(command);
    }
    void file(const std::string &text) {
        const std::string included = table_ + ".included";
        std::ofstream(directory_ + "/" + included) << text;
        const std::string path = directory_ + "/" + table_ + ".nft";
        std::ofstream(path) << "include \"" + included + "\"\n";
        if (library_.run_file(ctx_, path.c_str()) != 0)
            fail(path);
    }
    void fail(const std::string &command) {
        if (failure_.empty())
            failure_ = command + ": " + library_.output(ctx_) + library_.error(ctx_);
    }

    const Library &library_;
    const std::string directory_, table_, collector_;
    nft_ctx *ctx_ = nullptr;
    std::string failure_;
};

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    const Library library;
    std::vector<Worker> workers;
    for (int number : {1, 2, 3})
        workers.emplace_back(library, argv[1], number);
    std::vector<std::thread> threads;
    threads.reserve(workers.size());
    for (Worker &worker : workers)
        threads.emplace_back(&Worker::work, &worker);
    for (std::thread &thread : threads)
        thread.join();
    int status = 0;
    for (const Worker &worker : workers)
        if (!worker.failure().empty()) {
            std::fprintf(stderr, "threads: %s\n", worker.failure().c_str());
            status = 1;
        }
    return status;
}
