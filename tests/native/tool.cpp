// SPDX-License-Identifier: GPL-2.0-only
//
// nft-parser-patch/apply, on copies of the trees that the nfts were built from.
#include <filesystem>
#include <fstream>

#include "native_test.hpp"
#include "support/paths.hpp"

namespace rmirror::test {
namespace {

namespace fs = std::filesystem;

class NativeTool : public testing::TestWithParam<NativeNft> {
protected:
    Outcome apply(const std::vector<std::string> &arguments) const {
        std::vector<std::string> argv{RMIRROR_SOURCE_DIR "/nft-parser-patch/apply"};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        return run(argv, {.plugin = false, .kernel_double = false});
    }

    // Copies of both trees
    std::vector<std::string> trees() const {
        std::vector<std::string> copies;
        for (const std::string &tree : {GetParam().nftables_tree, GetParam().libnftnl_tree}) {
            copies.push_back(directory_.path(std::to_string(copies.size())));
            fs::copy(tree, copies.back(),
                     fs::copy_options::recursive | fs::copy_options::copy_symlinks);
        }
        return copies;
    }

    static bool same(const std::string &one, const std::string &other) {
        return run({"diff", "-rq", one, other}, {.plugin = false, .kernel_double = false}).status ==
               0;
    }

    Directory directory_;
};

TEST_P(NativeTool, TwiceIsOnceAndReverseRestores) {
    const std::vector<std::string> copies = trees();
    const std::string originals[] = {GetParam().nftables_tree, GetParam().libnftnl_tree};
    for (std::size_t i = 0; i < copies.size(); i++) {
        const Outcome diff = apply({"--diff", copies[i]});
        EXPECT_EQ(diff.status, 0) << diff.err;
        EXPECT_TRUE(same(copies[i], originals[i])) << "--diff changed " << copies[i];

        const Outcome once = apply({copies[i]});
        EXPECT_EQ(once.status, 0) << once.err;
        EXPECT_FALSE(same(copies[i], originals[i]));
        const Outcome twice = apply({copies[i]});
        EXPECT_EQ(twice.status, 0) << twice.err;
        EXPECT_NE(twice.out.find(": put in, 0 of "), std::string::npos) << twice.out;
        EXPECT_EQ(apply({"--diff", copies[i]}).out, diff.out);

        EXPECT_EQ(apply({"--reverse", copies[i]}).status, 0);
        EXPECT_TRUE(same(copies[i], originals[i])) << copies[i];
        const Outcome nothing = apply({"--reverse", copies[i]});
        EXPECT_NE(nothing.out.find(": taken out, 0 of "), std::string::npos) << nothing.out;
    }
}

// What --diff prints makes of the original what apply does.
TEST_P(NativeTool, DiffIsAPatch) {
    const std::vector<std::string> copies = trees();
    const std::string originals[] = {GetParam().nftables_tree, GetParam().libnftnl_tree};
    for (std::size_t i = 0; i < copies.size(); i++) {
        const std::string patch = apply({"--diff", copies[i]}).out;
        ASSERT_EQ(apply({copies[i]}).status, 0);
        const std::string patched = directory_.path("patched" + std::to_string(i));
        fs::copy(originals[i], patched,
                 fs::copy_options::recursive | fs::copy_options::copy_symlinks);
        const Outcome outcome = run({"patch", "-p1", "-s", "-d", patched},
                                    {.plugin = false, .kernel_double = false, .input = patch});
        if (outcome.status == 127)
            GTEST_SKIP() << "needs patch: apt-get install patch";
        ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        EXPECT_TRUE(same(patched, copies[i]));
    }
}

TEST_P(NativeTool, NamesTheMissingAnchorAndChangesNothing) {
    const std::string tree = trees()[0];
    for (const char *file : {"src/scanner.l", "src/evaluate.c"}) {
        const std::string path = tree + "/" + file;
        std::string text = read_file(path);
        for (const std::string &anchor :
             {std::string("%s SCANSTATE_STMT_NAT\n"), std::string("static int stmt_evaluate_fwd(")})
            if (const std::size_t at = text.find(anchor); at != std::string::npos)
                text.replace(at, 2, "//");
        std::ofstream(path) << text;
    }
    const std::string before = directory_.path("before");
    fs::copy(tree, before, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    const Outcome outcome = apply({tree});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("src/scanner.l: no line matches /^%s SCANSTATE_STMT_NAT$/"),
              std::string::npos)
        << outcome.err;
    EXPECT_NE(
        outcome.err.find("src/evaluate.c: no line matches /^static int stmt_evaluate_fwd\\(/"),
        std::string::npos)
        << outcome.err;
    EXPECT_TRUE(same(tree, before));
}

// Half an application is completed, another version's is not touched.
TEST_P(NativeTool, KnowsItsOwnEdits) {
    const std::string tree = trees()[0];
    ASSERT_EQ(apply({tree}).status, 0);
    const std::string path = tree + "/src/evaluate.c";
    const std::string patched = read_file(path);
    std::string text = patched;
    const std::string line = "\tcase STMT_RMIRROR:\n\t\treturn stmt_evaluate_rmirror(ctx, stmt);\n";
    text.erase(text.find(line), line.size());
    std::ofstream(path) << text;
    EXPECT_EQ(apply({tree}).status, 0);
    EXPECT_EQ(read_file(path), patched);

    text.insert(0, "/* rmirror, as it once was */\n");
    std::ofstream(path) << text;
    const Outcome outcome = apply({tree});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("src/evaluate.c:1: names rmirror"), std::string::npos)
        << outcome.err;
    EXPECT_EQ(read_file(path), text);
}

RMIRROR_NATIVE_SUITE(NativeTool);

// No tree is needed for this one.
TEST(NativeToolAnywhere, RefusesWhatIsNoTree) {
    Directory directory;
    const Outcome outcome = run({RMIRROR_SOURCE_DIR "/nft-parser-patch/apply", directory.path()},
                                {.plugin = false, .kernel_double = false});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("no source tree of nftables or libnftnl"), std::string::npos)
        << outcome.err;
}

}  // namespace
}  // namespace rmirror::test
