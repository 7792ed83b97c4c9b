// SPDX-License-Identifier: GPL-2.0-only
//
// Refusals: the exact words, the line of the user, carets under the place, status 1, and nothing
// applied.
#include <cerrno>

#include "nft.hpp"
#include "support/words.hpp"

namespace rmirror::test {

namespace {

class PluginErrors : public NftTest {
protected:
    void SetUp() override {
        NftTest::SetUp();
        if (!IsSkipped())
            add_chain();
    }
    void expect_nothing_applied() { EXPECT_EQ(ruleset(), empty_); }

    const std::string empty_ = "table inet filter {\n\tchain input {\n\t}\n}\n";
};

// rule: what follows `add rule inet filter input `, carets: the line below it, from the same column
struct Bad {
    const char *rule;
    const char *carets;
    std::string message;
};

const char *const no_to = "expected 'to' and a collector after 'rmirror'";

const Bad bad_input[] = {
    {"rmirror to 10.0.0.500",  //
     "           ^^^^^^^^^^",  //
     "invalid collector '10.0.0.500', expected an IPv4 or IPv6 address"},
    {"rmirror to 10.0.0.0/24",  //
     "           ^^^^^^^^^^^",
     "invalid collector '10.0.0.0/24', expected an IPv4 or IPv6 address (a prefix is not an "
     "address)"},
    {"rmirror to 0.0.0.0",  //
     "           ^^^^^^^",  //
     "invalid collector '0.0.0.0', the unspecified address is nobody's"},
    {"rmirror to 10.0.0.5 len 0",  //
     "                        ^",  //
     "invalid len '0', expected 14..65535"},
    {"rmirror to 10.0.0.5 len 13",  //
     "                        ^^",  //
     "invalid len '13', expected 14..65535"},
    {"rmirror to 10.0.0.5 len 99999",  //
     "                        ^^^^^",  //
     "invalid len '99999', expected 14..65535"},
    {"rmirror to 10.0.0.5 len 60 len 70",  //
     "                           ^^^",     //
     "repeated option 'len'"},
    {"rmirror",  //
     "^^^^^^^", no_to},
    {"counter rmirror",  //
     "        ^^^^^^^", no_to},
    {"rmirror accept",  //
     "        ^^^^^^", no_to},
    {"rmirror 10.0.0.5",  //
     "        ^^^^^^^^", no_to},
    {"tcp dport 22 rmirror len 60",  //
     "                     ^^^", no_to},
    {"rmirror to",  //
     "        ^^",  //
     "missing value after 'to'"},
    {"rmirror to 10.0.0.5 lne 60",  //
     "                    ^^^",
     "unknown option 'lne', expected one of " + listed_options() +
         " or another statement (did you mean 'len'?)"},
    {"rmirror to collector.example",  //
     "           ^^^^^^^^^^^^^^^^^",
     "invalid collector 'collector.example', expected an IPv4 or IPv6 address (names are not "
     "resolved)"},
    {"rmirror to 10.0.0.5 encap foo",  //
     "                          ^^^", "invalid encap 'foo', expected one of " + listed_encaps()},
};

TEST_F(PluginErrors, OnACommandLine) {
    for (const Bad &bad : bad_input) {
        std::string command = std::string("add rule inet filter input ") + bad.rule;
        Outcome outcome = nft(command);
        EXPECT_EQ(outcome.err, "Error: " + bad.message + '\n' + command + '\n' +
                                   std::string(27, ' ') + bad.carets + '\n');
        EXPECT_EQ(outcome.status, 1);
        EXPECT_EQ(outcome.out, "");
    }
    expect_nothing_applied();
}

TEST_F(PluginErrors, InAFile) {
    Directory directory;
    std::string file = directory.file("rules.nft",
                                      "table inet filter {\n\tchain input {\n\t\taccept\n"
                                      "\t\ttcp dport 22 rmirror to 10.0.0.5 len 13 accept\n"
                                      "\t\trmirror to 10.0.0.500\n\t}\n}\n");
    Outcome outcome = nft_file(file);
    EXPECT_EQ(outcome.err, file +
                               ":4:40-41: Error: invalid len '13', expected 14..65535\n"
                               "\t\ttcp dport 22 rmirror to 10.0.0.5 len 13 accept\n"
                               "\t\t                                     ^^\n");
    EXPECT_EQ(outcome.status, 1);
    expect_nothing_applied();

    How piped{.input = read_file(file)};
    EXPECT_EQ(nft("-f -", piped).err.substr(0, 23), "/dev/stdin:4:40-41: Err");
}

TEST_F(PluginErrors, StrayWordInAFile) {
    Directory directory;
    std::string file = directory.file("rules.nft",
                                      "table inet filter {\n\tchain input {\n"
                                      "\t\taccept\n\t\trmirror len 60\n\t}\n}\n");
    EXPECT_EQ(nft_file(file).err, file +
                                      ":4:11-13: Error: expected 'to' and a collector after "
                                      "'rmirror'\n\t\trmirror len 60\n\t\t        ^^^\n");
    expect_nothing_applied();
}

TEST_F(PluginErrors, AfterALineContinuation) {
    Directory directory;
    std::string file = directory.file("rules.nft",
                                      "add rule inet filter input rmirror \\\n"
                                      "\tto 10.0.0.5 \\\n\tlen 13\n");
    EXPECT_EQ(nft_file(file).err, file +
                                      ":3:6-7: Error: invalid len '13', expected 14..65535\n"
                                      "\tlen 13\n\t    ^^\n");
}

TEST_F(PluginErrors, OneWrongStatementStopsTheBatch) {
    Directory directory;
    std::string file = directory.file("rules.nft",
                                      "add rule inet filter input accept\n"
                                      "add rule inet filter input rmirror to 10.0.0.5\n"
                                      "add rule inet filter input rmirror to ::\n");
    EXPECT_EQ(nft_file(file).status, 1);
    EXPECT_EQ(
        nft("add rule inet filter input accept; add rule inet filter input rmirror to ::").status,
        1);
    expect_nothing_applied();
}

// Errors of nft itself on lines that hold a statement: the user's text, the user's columns.
TEST_F(PluginErrors, OfNftShowTheUsersText) {
    EXPECT_EQ(
        without_expectations(nft("add rule inet filter input rmirror to ::1 tcp dprt 22").err),
        "Error: syntax error, unexpected string\n"
        "add rule inet filter input rmirror to ::1 tcp dprt 22\n"
        "                                              ^^^^\n");
    EXPECT_EQ(nft("add rule inet filter input rmirror to 10.0.0.5 len 60 accept drop").err,
              "Error: Statement after terminal statement has no effect\n"
              "add rule inet filter input rmirror to 10.0.0.5 len 60 accept drop\n"
              "                                                      ~~~~~~ ^^^^\n");
    EXPECT_EQ(nft("add rule inet filter nowhere rmirror to 10.0.0.5 len 60").err,
              "Error: Could not process rule: No such file or directory\n"
              "add rule inet filter nowhere rmirror to 10.0.0.5 len 60\n"
              "                     ^^^^^^^\n");
    Directory directory;
    std::string file = directory.file(
        "rules.nft", "add rule inet filter input rmirror \\\n  to 10.0.0.5 tcp dprt 22\n");
    EXPECT_EQ(without_expectations(nft_file(file).err),
              file +
                  ":2:19-22: Error: syntax error, unexpected string\n  to "
                  "10.0.0.5 tcp dprt 22\n                  ^^^^\n");
    expect_nothing_applied();
}

// nft shows no more than 1023 bytes of a line.
TEST_F(PluginErrors, LongLines) {
    Directory directory;
    std::string filler(970, ' ');
    std::string line = "add rule inet filter input " + filler +
                       "rmirror to 2001:db8::5 len 60 mark 0x1 accept foo";
    std::string err = without_expectations(nft_file(directory.file("rules.nft", line + '\n')).err);
    EXPECT_EQ(err.find("log"), std::string::npos) << err;
    EXPECT_NE(err.find('\n' + line.substr(0, 1023) + '\n'), std::string::npos) << err;
}

TEST_F(PluginErrors, NoModule) {
    const std::string message =
        "Error: Could not process rule: the kernel has no rmirror expression: load its module with "
        "`modprobe nft_rmirror`\n";
    for (std::string check : {"", "-c "}) {
        Outcome outcome =
            nft(check + "add rule inet filter input tcp dport 22 rmirror to ::1 accept",
                without_module());
        EXPECT_EQ(outcome.err, message +
                                   "add rule inet filter input tcp dport 22 rmirror to ::1 accept\n"
                                   "                                        ^^^^^^^^^^^^^^\n");
        EXPECT_EQ(outcome.status, 1);
    }
    Directory directory;
    std::string file = directory.file("rules.nft",
                                      "table inet filter {\n\tchain input {\n\t\taccept\n"
                                      "\t\trmirror to 10.0.0.5 \\\n\t\t\tlen 60\n\t}\n}\n");
    EXPECT_EQ(
        nft_file(file, without_module()).err,
        file + ":4:3-22: " + message + "\t\trmirror to 10.0.0.5 \\\n\t\t^^^^^^^^^^^^^^^^^^^^\n");
    EXPECT_EQ(ruleset(without_module()), empty_);
}

struct Refused {
    int error;
    const char *message;
};

TEST_F(PluginErrors, OfTheKernel) {
    const std::string command = "add rule inet filter input counter rmirror to 10.0.0.5 len 60";
    const std::string carets = "                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^\n";
    for (auto [error, message] : {
             Refused{EOPNOTSUPP,
                     "this version of the rmirror module does not support the "
                     "encapsulation, an option or the hook"},
             Refused{EINVAL,
                     "the rmirror module found an attribute missing, malformed or not of "
                     "this encapsulation"},
             Refused{ERANGE, "the rmirror module found a number out of its range"},
             Refused{EADDRNOTAVAIL,
                     "rmirror cannot mirror to an unspecified or broadcast address, nor without "
                     "device to a multicast or link-local one"},
             Refused{EAFNOSUPPORT, "an address of rmirror is of a family that does not fit"},
             Refused{ENOMEM, "Cannot allocate memory"},
         }) {
        How refuse{.environment = {{"RMIRROR_DOUBLE_REFUSE", std::to_string(error)}}};
        Outcome outcome = nft(command, refuse);
        EXPECT_EQ(outcome.err, std::string("Error: Could not process rule: ") + message + '\n' +
                                   command + '\n' + carets);
        EXPECT_EQ(outcome.status, 1);
    }
    expect_nothing_applied();
}

// nft knows nothing of the word: what it says is the same, and a guess.
TEST_F(PluginErrors, NearMissesOfTheWordAreGuessed) {
    for (const std::string word : {"rmirrror", "rmiror", "mirror", "RMIRROR"}) {
        for (const char *to : {" to 10.0.0.5", " ip6 to ::5 len 60"}) {
            const std::string err = nft("add rule inet filter input counter " + word + to).err;
            const std::string first = err.substr(0, err.find('\n'));
            EXPECT_TRUE(first.ends_with(" (did you mean 'rmirror'?)")) << err;
        }
    }
    for (const char *other : {"error to 10.0.0.5", "route to 10.0.0.5"}) {
        const std::string err = nft(std::string("add rule inet filter input ") + other).err;
        EXPECT_EQ(err.find("did you mean"), err.npos) << err;
        EXPECT_NE(err.find("Error: "), err.npos) << err;
    }
    expect_nothing_applied();
}

}  // namespace

}  // namespace rmirror::test
