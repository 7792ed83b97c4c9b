// SPDX-License-Identifier: GPL-2.0-only
//
// The library as such: what it exports, what it needs, how it fails, threads, python.
#include <filesystem>
#include <set>
#include <sstream>

#include "nft.hpp"

namespace rmirror::test {

namespace {

const How plain{.plugin = false, .kernel_double = false};
const std::string plugin = RMIRROR_PLUGIN;

TEST(PluginLibrary, ExportsNothingElse) {
    Outcome outcome = run({"nm", "-D", "--defined-only", "--format=posix", plugin}, plain);
    std::set<std::string> names;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);)
        if (line.find(" A ") == line.npos)  // the version nodes themselves
            names.insert(line.substr(0, line.find(' ')));
    EXPECT_EQ(names,
              (std::set<std::string>{
                  "nft_ctx_add_include_path@@LIBNFTABLES_1", "nft_ctx_add_var@@LIBNFTABLES_2",
                  "nft_ctx_clear_vars@@LIBNFTABLES_2", "nft_ctx_clear_include_paths@@LIBNFTABLES_1",
                  "nft_ctx_free@@LIBNFTABLES_1", "nft_run_cmd_from_buffer@@LIBNFTABLES_1",
                  "nft_run_cmd_from_filename@@LIBNFTABLES_1", "nftnl_batch_iovec",
                  "nftnl_expr_build_payload", "nftnl_rule_add_expr",
                  "nftnl_rule_nlmsg_build_payload", "nftnl_rule_nlmsg_parse",
                  "nftnl_set_nlmsg_build_payload", "nftnl_set_nlmsg_parse", "sendmsg"}));
}

TEST(PluginLibrary, NamesTheRealOneByItsPath) {
    Outcome outcome = run({"readelf", "-d", plugin}, plain);
    EXPECT_NE(outcome.out.find("Library soname: [libnftables.so.1]"), std::string::npos);
    // Before libnftnl: of what both know, programs get what they would get without the plugin.
    std::size_t real = outcome.out.find("/libnftables.so.1]\n");
    EXPECT_NE(real, std::string::npos) << outcome.out;
    EXPECT_LT(real, outcome.out.find("[libnftnl.so.11]")) << outcome.out;
    EXPECT_EQ(outcome.out.find("PATH)"), std::string::npos) << outcome.out;
}

// The real library has the version that the program wants; of the plugin, the loader wants it, too.
TEST(PluginLibrary, StartsProgramsOfTheFuture) {
    How how{.environment = {{"LD_PRELOAD", RMIRROR_TEST_PRELOAD ":" RMIRROR_FUTURE}}};
    Outcome outcome = run({RMIRROR_FUTURE_PROGRAM}, how);
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.status, 0);
}

class PluginGuard : public NftTest {
protected:
    void SetUp() override {
        NftTest::SetUp();
        if (!IsSkipped())
            add_chain();
    }
    const std::string empty_ = "table inet filter {\n\tchain input {\n\t}\n}\n";
};

// The hook that converts carriers is not called: nothing may be installed.
TEST_F(PluginGuard, StopsACarrier) {
    How broken{.kernel_double = false, .plugin_dir = RMIRROR_UNHOOKED_DIR};
    Outcome outcome =
        nft("add rule inet filter input accept; "
            "add rule inet filter input rmirror to 10.0.0.5",
            broken);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("Error: rmirror: an rmirror statement would have reached the kernel "
                               "as a placeholder; nothing was applied\n"),
              std::string::npos)
        << outcome.err;
    EXPECT_EQ(ruleset(plain), empty_);
}

// What the guard is the first barrier for: the kernel knows no quota of a carrier's name.
TEST_F(PluginGuard, TheKernelRefusesACarrier) {
    Outcome outcome =
        nft("add rule inet filter input accept; "
            "add rule inet filter input quota name\"\x1f!!!!!\"",
            plain);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("No such file or directory"), std::string::npos) << outcome.err;
    EXPECT_EQ(ruleset(plain), empty_);
}

// A libnftables of the future, which reaches libnftnl and the kernel in ways that the plugin does
// not know: the real one, with names changed, and a library that has what they name.
TEST_F(PluginGuard, ANewLibraryIsNoticed) {
    Directory directory;
    std::string real = std::filesystem::canonical(RMIRROR_LIBNFTABLES);
    std::string changed = read_file(real);
    for (std::string name : {"nftnl_rule_nlmsg_build_payload", "nftnl_batch_iovec", "sendmsg"}) {
        std::size_t at = changed.find('\0' + name + '\0');
        ASSERT_NE(at, std::string::npos) << name;
        changed[at + name.size()] = 'X';
    }
    std::string future = directory.file("future.so", changed);
    auto in_future = [&](const std::string &command) {
        How how{.kernel_double = false,
                .environment = {{"LD_PRELOAD", RMIRROR_TEST_PRELOAD ":" RMIRROR_FUTURE}}};
        return run({"env", "-u", "LD_PRELOAD", "unshare", "--mount", "bash", "-c",
                    "mount --bind " + future + " " + real + " && LD_PRELOAD=$0 " + command,
                    RMIRROR_FUTURE},
                   how);
    };
    EXPECT_EQ(in_future("nft add rule inet filter input tcp dport 22 accept").err, "");
    EXPECT_EQ(in_future("nft list chain inet filter input").out,
              "table inet filter {\n\tchain input {\n\t\ttcp dport 22 accept\n\t}\n}\n");
    Outcome outcome = in_future(
        "nft 'add rule inet filter input drop; add rule inet filter input rmirror to ::1'");
    EXPECT_EQ(outcome.err,
              "Error: rmirror: " RMIRROR_LIBNFTABLES
              " does not call nftnl_rule_nlmsg_build_payload: this version of the plugin does not "
              "fit it, statements with rmirror are refused; see rmirror-nft-plugin(8)\n");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(ruleset(plain),
              "table inet filter {\n\tchain input {\n\t\ttcp dport 22 accept\n\t}\n}\n");
}

constexpr const char *python_head =
    "import sys\n"
    "sys.path.append('/usr/lib/python3/dist-packages')\n"
    "import nftables\n"
    "n = nftables.Nftables()\n";

Outcome python(const std::string &script, How how = {}) {
    how.input = python_head + script;
    return run({"/usr/bin/python3", "-"}, how);
}

class PluginPython : public PluginGuard {
protected:
    void SetUp() override {
        PluginGuard::SetUp();
        if (!IsSkipped() && python("").status != 0)
            GTEST_SKIP() << "needs python3-nftables";
    }
};

// A library loaded with dlopen(3) does not see our sendmsg.
TEST_F(PluginPython, GuardStopsACarrier) {
    How broken{.kernel_double = false, .plugin_dir = RMIRROR_UNHOOKED_DIR};
    Outcome outcome =
        python("print(n.cmd('add rule inet filter input rmirror to 10.0.0.5'))", broken);
    EXPECT_EQ(outcome.out.substr(0, 4), "(-1,") << outcome.out;
    EXPECT_NE(outcome.out.find("nothing was applied"), std::string::npos) << outcome.out;
    EXPECT_EQ(ruleset(plain), empty_);
}

// libnftnl before us in the symbol scope: no hook is reached, and no guard either.
TEST_F(PluginPython, HiddenHooksAreNoticed) {
    How hidden{.kernel_double = false,
               .environment = {{"LD_PRELOAD", RMIRROR_TEST_PRELOAD ":libnftnl.so.11"}}};
    Outcome outcome =
        python("print(n.cmd('add rule inet filter input rmirror to 10.0.0.5'))", hidden);
    EXPECT_EQ(
        outcome.out,
        "(-1, '', 'Error: rmirror: this program has libnftnl in front of the plugin, which so "
        "cannot convert the statement\\n')\n");
    EXPECT_EQ(ruleset(plain), empty_);
}

TEST_F(PluginPython, Text) {
    Outcome outcome = python(
        "print(n.cmd('add rule inet filter input rmirror to 10.0.0.5 len 60'))\n"
        "print(n.cmd('list chain inet filter input'))\n"
        "print(n.cmd('add rule inet filter input accept\\n"
        "add rule inet filter input rmirror to 10.0.0.500'))\n"
        "print(n.cmd('list chain inet filter input')[0])\n");
    EXPECT_EQ(outcome.out,
              "(0, '', '')\n"
              "(0, 'table inet filter {\\n\\tchain input {\\n\\t\\trmirror to 10.0.0.5 len "
              "60\\n\\t}\\n}\\n', '')\n"
              "(-1, '', \"Error: invalid collector '10.0.0.500', expected an IPv4 or IPv6 "
              "address\\nadd rule inet filter input rmirror to 10.0.0.500\\n"
              "                                      ^^^^^^^^^^\\n\")\n"
              "0\n");
    EXPECT_EQ(outcome.err, "");
}

TEST_F(PluginPython, Json) {
    Outcome outcome = python(
        "rule = {'family': 'inet', 'table': 'filter', 'chain': 'input',\n"
        "        'expr': [{'rmirror': {'to': '10.0.0.5', 'len': 60}}]}\n"
        "n.set_echo_output(True)\n"
        "print(n.json_cmd({'nftables': [{'add': {'rule': rule}}]}))\n"
        "rule['expr'][0]['rmirror']['to'] = 'nobody'\n"
        "print(n.json_cmd({'nftables': [{'add': {'rule': rule}}]})[2])\n");
    EXPECT_EQ(
        outcome.out,
        "(0, {'nftables': [{'add': {'rule': {'family': 'inet', 'table': 'filter', 'chain': "
        "'input', 'expr': [{'rmirror': {'to': '10.0.0.5', 'len': 60}}], 'handle': 2}}}]}, '')\n"
        "internal:0:0-0: Error: invalid collector 'nobody', expected an IPv4 or IPv6 "
        "address\n\n\n");
}

// A context may live for days: what it knows of statements that are gone goes, too.
TEST_F(PluginPython, AContextDoesNotGrow) {
    if (*RMIRROR_TEST_PRELOAD)
        GTEST_SKIP() << "needs a build without a sanitizer, which keeps what is freed";
    Outcome outcome = python(R"(
def resident():
    return int([l for l in open('/proc/self/status') if l.startswith('VmRSS')][0].split()[1])
def add(i):
    rule = {'family': 'inet', 'table': 'filter', 'chain': 'input',
            'expr': [{'rmirror': {'to': f'10.1.{i >> 8}.{i & 255}'}}]}
    return n.json_cmd({'nftables': [{'add': {'rule': rule}}, {'flush': {'chain': {
        'family': 'inet', 'table': 'filter', 'name': 'input'}}}]})[0]
ok = all(add(i) == 0 for i in range(1000))
before = resident()
ok = ok and all(add(i) == 0 for i in range(1000, 5000))
print(ok, resident() - before < 600)
)");
    EXPECT_EQ(outcome.out, "True True\n");
}

// Beside what nft itself keeps of the assignments that carry such a statement. What the registry
// remembers until nft has listed the chain is bounded: 6 kB here, less than half of the limit.
TEST_F(PluginPython, ExpressionsAreForgotten) {
    if (*RMIRROR_TEST_PRELOAD)
        GTEST_SKIP() << "needs a build without a sanitizer, which keeps what is freed";
    Outcome outcome = python(R"(
import ctypes
class Mallinfo(ctypes.Structure):
    _fields_ = [(f'field{i}', ctypes.c_size_t) for i in range(10)]
libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Mallinfo
n.cmd('add map inet filter m { type ipv4_addr : ipv4_addr; }')
def growth(statements, commands):
    before = libc.mallinfo2().field7
    for i in range(commands):
        assert n.cmd('add rule inet filter input ' + statements)[0] == 0
        n.cmd('flush chain inet filter input')
    return libc.mallinfo2().field7 - before
ours = 'rmirror to ip saddr map @m key iif len 60'
theirs = 'ip daddr set ip saddr map @m meta mark set jhash iif mod 2'
growth(ours, 100), growth(theirs, 100)
print(growth(ours, 1000) - growth(theirs, 1000) < 16000)
)");
    EXPECT_EQ(outcome.out, "True\n") << outcome.err;
}

// What libnftables has in its cache it shows again, without asking the kernel.
TEST_F(PluginPython, ListsFromTheCache) {
    Outcome outcome = python(R"(
n.cmd('add chain inet filter other; add rule inet filter other rmirror to ::1')
for i in range(4):
    n.cmd('flush chain inet filter input')
    n.cmd('\n'.join(f'add rule inet filter input rmirror to 10.{i}.{j >> 8}.{j & 255}'
                    for j in range(1, 1501)))
    for what in ('ruleset', 'chain inet filter other', 'ruleset', 'ruleset'):
        text = n.cmd('list ' + what)[1]
        print(text.count('\trmirror to'), 'quota' in text)
)");
    std::string expected;
    for (int i = 0; i < 4; i++)
        expected += "1501 False\n1 False\n1501 False\n1501 False\n";
    EXPECT_EQ(outcome.out, expected);
}

// Two contexts in two threads, each with its own texts, ids and errors.
TEST_F(PluginPython, Threads) {
    Outcome outcome = python(R"(
import threading
def work(name, results):
    n = nftables.Nftables()
    ok = n.cmd(f'add table ip {name}; add chain ip {name} c')[0] == 0
    for i in range(14, 164):
        text = f'rmirror to 10.0.0.{name[1:]} len {i}'
        ok = ok and n.cmd(f'add rule ip {name} c {text}')[0] == 0
        rc, out, err = n.cmd(f'add rule ip {name} nowhere {text} drop accept')
        ok = ok and rc == -1 and text in err
        rc, out, err = n.cmd(f'list chain ip {name} c')
        ok = ok and rc == 0 and out.count('rmirror to') == i - 13 and f'\t\t{text}\n' in out
    results[name] = ok
results = {}
threads = [threading.Thread(target=work, args=(f't{i}', results)) for i in (1, 2, 3)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(results.items()))
)");
    EXPECT_EQ(outcome.out, "[('t1', True), ('t2', True), ('t3', True)]\n");
    EXPECT_EQ(outcome.err, "");
}

// The same under ThreadSanitizer, with contexts that come and go.
TEST_F(PluginGuard, ThreadsShareNothingUnlocked) {
#ifdef RMIRROR_THREADS_DIR
    Directory directory;
    const How how{.plugin_dir = RMIRROR_THREADS_DIR,
                  .environment = {{"TSAN_OPTIONS", "exitcode=66"}}};
    // Its shadow memory does not find its place among addresses chosen at random.
    Outcome outcome = run({"setarch", "-R", RMIRROR_THREADS_DIR "/threads", directory.path()}, how);
    if (outcome.status == 127 && outcome.err.find("libtsan") != outcome.err.npos)
        GTEST_SKIP() << "needs ThreadSanitizer's library, which comes with g++";
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
#else
    GTEST_SKIP() << "needs a build without another sanitizer";
#endif
}

}  // namespace

}  // namespace rmirror::test
