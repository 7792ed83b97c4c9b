// SPDX-License-Identifier: GPL-2.0-only
//
// JSON in and out: what firewalld speaks.
#include "nft.hpp"

namespace rmirror::test {

namespace {

using PluginJson = NftTest;

std::string add_rule(const std::string &expressions) {
    return "{\"nftables\": [{\"add\": {\"rule\": {\"family\": \"inet\", \"table\": \"filter\", "
           "\"chain\": \"input\", \"expr\": [" +
           expressions + "]}}}]}";
}

TEST_F(PluginJson, ListingLoadsAgain) {
    add_chain();
    nft("add rule inet filter input counter rmirror to 10.0.0.5 len 60 accept;"
        "add rule inet filter input rmirror to ::1 encap erspan key 7");
    Outcome listed = nft("-j list ruleset");
    EXPECT_NE(
        listed.out.find("\"expr\": [{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"rmirror\": "
                        "{\"to\": \"10.0.0.5\", \"len\": 60}}, {\"accept\": null}]"),
        std::string::npos)
        << listed.out;
    std::string text = ruleset();
    nft("flush ruleset");
    How piped{.input = listed.out};
    EXPECT_EQ(nft("-j -f -", piped).err, "");
    EXPECT_EQ(ruleset(), text);
}

// A listing is one line, which passes the plugin in parts.
TEST_F(PluginJson, LongListing) {
    add_chain();
    std::string text;
    for (int i = 0; i < 3000; i++)
        text +=
            "add rule inet filter input rmirror to 10.0.0.5 len " + std::to_string(i + 14) + '\n';
    How piped{.input = text};
    ASSERT_EQ(nft("-f -", piped).err, "");
    std::string listed = nft("-j list ruleset").out;
    for (int i = 0; i < 3000; i++)
        ASSERT_NE(listed.find("{\"rmirror\": {\"to\": \"10.0.0.5\", \"len\": " +
                              std::to_string(i + 14) + "}}"),
                  std::string::npos);
    EXPECT_EQ(listed.find("log"), std::string::npos);
}

// firewalld relies on getting its input back, with handles.
TEST_F(PluginJson, Echo) {
    add_chain();
    How piped{.input = add_rule(
                  "{\"rmirror\": {\"to\": \"10.0.0.5\", \"len\": 60}}, {\"accept\": null}")};
    std::string expected = piped.input;
    expected.insert(expected.find("}}}]}"), "");
    Outcome outcome = nft("-j --echo -f -", piped);
    EXPECT_EQ(outcome.out,
              add_rule("{\"rmirror\": {\"to\": \"10.0.0.5\", \"len\": 60}}, {\"accept\": null}")
                  .replace(piped.input.rfind("]}}}]}"), 1, "], \"handle\": 2"));
    EXPECT_EQ(outcome.err, "");
}

TEST_F(PluginJson, TextWithJsonOutput) {
    add_chain();
    EXPECT_EQ(nft("-j --echo add rule inet filter input rmirror to 10.0.0.5").out,
              "{\"nftables\": [{\"add\": {\"rule\": {\"family\": \"inet\", \"table\": \"filter\", "
              "\"chain\": \"input\", \"handle\": 2, \"expr\": [{\"rmirror\": {\"to\": "
              "\"10.0.0.5\"}}]}}}]}\n");
}

TEST_F(PluginJson, Errors) {
    add_chain();
    How wrong{.input = add_rule(
                  "{\"accept\": null}, {\"rmirror\": {\"to\": \"10.0.0.5\", \"len\": 13}}")};
    Outcome outcome = nft("-j -f -", wrong);
    EXPECT_EQ(outcome.err, "internal:0:0-0: Error: invalid len '13', expected 14..65535\n\n");
    EXPECT_EQ(outcome.status, 1);

    How no_module{.kernel_double = false,
                  .input = add_rule("{\"rmirror\": {\"to\": \"10.0.0.5\"}}")};
    EXPECT_EQ(nft("-j -f -", no_module).err,
              "internal:0:0-0: Error: Could not process rule: No such file or directory; if it is "
              "about rmirror: the kernel has no rmirror expression: load its module with "
              "`modprobe nft_rmirror`\n\n");
    EXPECT_EQ(ruleset(), "table inet filter {\n\tchain input {\n\t}\n}\n");
}

// jansson keeps the last of two, and so a statement or an option would be lost.
TEST_F(PluginJson, AKeyThatIsThereTwice) {
    add_chain();
    const std::string to = "{\"to\": \"10.0.0.5\"}";
    How how{.input = add_rule("{\"rmirror\": " + to + ", \"rmirror\": " + to + "}")};
    Outcome outcome = nft("-j -f -", how);
    EXPECT_EQ(outcome.err, "internal:0:0-0: Error: duplicate object key near '\"rmirror\"'\n\n");
    EXPECT_EQ(outcome.status, 1);
    how.input = add_rule("{\"rmirror\": {\"to\": \"10.0.0.5\", \"len\": 60, \"len\": 70}}");
    EXPECT_EQ(nft("-j -f -", how).err,
              "internal:0:0-0: Error: duplicate object key near '\"len\"'\n\n");
    EXPECT_EQ(ruleset(), "table inet filter {\n\tchain input {\n\t}\n}\n");
    // Without the statement it is nft's to judge.
    how.input = add_rule("{\"accept\": null, \"accept\": null}");
    EXPECT_EQ(nft("-j -f -", how).err, "");
}

// To nft they are expressions that it can assign, but neither evaluate nor list: it ends in an
// assertion, or shows what does not load.
TEST_F(PluginJson, CollectorsThatAreNoSingleAddress) {
    add_chain();
    const std::string several =
        "internal:0:0-0: Error: invalid collector, expected one address: ranges, prefixes and sets "
        "are several\n\n";
    const std::string prefix = R"({"prefix": {"addr": "10.0.0.0", "len": 24}})";
    for (const std::string &to :
         {prefix, std::string(R"({"range": ["10.0.0.1", "10.0.0.9"]})"),
          std::string(R"({"set": ["10.0.0.5"]})"), std::string(R"({"elem": {"val": "10.0.0.5"}})"),
          std::string(R"({"map": {"key": {"meta": {"key": "mark"}}, "data": {"set": [[1, )") +
              prefix + "]]}}}"}) {
        How how{.input = add_rule("{\"rmirror\": {\"to\": " + to + "}}")};
        EXPECT_EQ(nft("-j -f -", how).err, several) << to;
    }
    How how{.input = add_rule(R"({"rmirror": {"to": {"&": ["10.0.0.5", "255.255.255.255"]}}})")};
    EXPECT_EQ(nft("-j -f -", how).err,
              "Error: rmirror: the collector is a constant: write the address alone; nothing was "
              "applied\n");
    how.input = add_rule(R"({"rmirror": {"to": "10.0.0.5", "key": {"range": [1, 2]}}})");
    EXPECT_EQ(nft("-j -f -", how).err,
              "internal:0:0-0: Error: invalid key, expected an integer\n\n");
    EXPECT_EQ(ruleset(), "table inet filter {\n\tchain input {\n\t}\n}\n");
}

// A statement is an object of one key; more are refused as stock nft refuses them.
TEST_F(PluginJson, ASecondKey) {
    add_chain();
    nft("add rule inet filter input accept");
    const std::string listed = ruleset();
    const std::string rmirror = "\"rmirror\": {\"to\": \"10.0.0.5\"}";
    for (const std::string &pair :
         {rmirror + ", \"drop\": null", "\"drop\": null, " + rmirror,
          rmirror + ", \"counter\": {\"packets\": 1}", rmirror + ", \"comment\": \"x\""}) {
        for (std::string verb : {"add", "insert", "replace"}) {
            How how{.input = add_rule('{' + pair + "}, {\"accept\": null}")};
            how.input.replace(how.input.find("add"), 3, verb);
            how.input.insert(how.input.find("\"expr\""),
                             verb == "replace" ? "\"handle\": 2, " : "");
            How stock = how;
            stock.plugin = false;
            Outcome outcome = nft("-j -f -", how);
            EXPECT_EQ(outcome.err, nft("-j -f -", stock).err);
            EXPECT_NE(outcome.err.find("Malformed object (too many properties): '{" + pair + "}'"),
                      std::string::npos)
                << outcome.err;
            EXPECT_EQ(outcome.status, 1);
        }
    }
    // Behind one that is right, in the same rule and in another one
    const std::string right = "{" + rmirror + "}";
    const std::string wrong = "{" + rmirror + ", \"drop\": null}";
    How second{.input = add_rule(right + ", " + wrong)};
    EXPECT_EQ(nft("-j -f -", second).err,
              "internal:0:0-0: Error: Malformed object (too many properties): '" + wrong +
                  "'.\n\ninternal:0:0-0: Error: Parsing expr array at index 1 failed.\n\n"
                  "internal:0:0-0: Error: Parsing command array at index 0 failed.\n\n");
    std::string rule = add_rule(right);
    rule.insert(rule.rfind("]}"),
                ", " + add_rule(wrong).substr(std::string("{\"nftables\": [").size()));
    rule.resize(rule.size() - 2);
    EXPECT_NE(nft("-j -f -", {.input = rule}).err.find("Malformed object"), std::string::npos);
    EXPECT_EQ(ruleset(), listed);
}

// What nft says of the whole text is about the text of the user.
TEST_F(PluginJson, ErrorsOfNft) {
    Directory directory;
    const std::string text =
        "{\"nftables\":[{\"add\": {\"rule\": {\"expr\":\n[{\"rmirror\": {\"to\": \"10.0.0.5\"}}]}, "
        "\"chain\": 1}}]}\n";
    std::string file = directory.file("rules.json", text);
    EXPECT_EQ(nft("-j -f " + file).err,
              file + ":1:1-1: Error: Expected object, got integer\n" +
                  text.substr(0, text.find('\n')) +
                  "\n^\ninternal:0:0-0: Error: Parsing command array at index 0 failed.\n\n");
}

// In JSON, an escaped quotation mark does not end a string.
TEST_F(PluginJson, StatementsInComments) {
    add_chain();
    How how{.input = add_rule("{\"accept\": null}")};
    how.input.insert(how.input.find("\"expr\""), R"("comment": "as \"rmirror to ::1\" does", )");
    EXPECT_EQ(nft("-j -f -", how).err, "");
}

// A device is shown with what its name holds, as JSON escapes it.
TEST_F(PluginJson, DevicesInAnonymousChains) {
    add_chain();
    for (std::string device : {"eth0", "a\\b", "a\\n", "\xc3\xa9", "\xf0\x9f\x90\x9f"}) {
        SCOPED_TRACE(device);
        nft("flush chain inet filter input");
        const std::string statement = "rmirror to 10.0.0.5 device \"" + device + '"';
        How how{.input = "table inet filter {\nchain input {\n" + statement +
                         "\nip saddr 1.2.3.4 jump { " + statement + "; counter; }\n}\n}\n"};
        EXPECT_EQ(nft("-f -", how).err, "");
        std::string escaped = device;
        if (std::size_t at = escaped.find('\\'); at != escaped.npos)
            escaped.insert(at, "\\");
        std::string listed = nft("-j list ruleset").out;
        EXPECT_NE(listed.find(R"({"rmirror": {"to": "10.0.0.5", "device": ")" + escaped + "\"}}"),
                  std::string::npos)
            << listed;
        EXPECT_NE(listed.find(R"(\t\t\trmirror to 10.0.0.5 device \")" + escaped + R"(\"\n)"),
                  std::string::npos)
            << listed;
        EXPECT_EQ(run({"python3", "-m", "json.tool"}, {.input = listed}).err, "");
    }
}

// What a module of another version says may be anything.
TEST_F(PluginJson, UnreadableBytes) {
    add_chain();
    nft("add rule inet filter input rmirror to 10.0.0.5");
    nft("add rule inet filter input jump { rmirror to 10.0.0.5; }");
    // NFTA_RMIRROR_ADDR 10.0.0.5, NFTA_RMIRROR_OIFNAME: ff " e
    How how{.environment = {{"RMIRROR_DOUBLE_DUMP", "080001000a00000507000b00ff226500"}}};
    std::string listed = nft("-j list ruleset", how).out;
    EXPECT_NE(
        listed.find(R"([{"rmirror": {"unknown": "NFTA_RMIRROR_OIFNAME: invalid device '?\"e',)"),
        std::string::npos)
        << listed;
    EXPECT_EQ(run({"python3", "-m", "json.tool"}, {.input = listed}).err, "");
}

TEST_F(PluginJson, Names) {
    How how{
        .input =
            "{\"nftables\": [{\"add\": {\"table\": {\"family\": \"ip\", \"name\": \"rmirror\"}}},"
            "{\"add\": {\"chain\": {\"family\": \"ip\", \"table\": \"rmirror\", \"name\": "
            "\"rmirror\"}}}]}"};
    EXPECT_EQ(nft("-j -f -", how).err, "");
    EXPECT_EQ(ruleset(), "table ip rmirror {\n\tchain rmirror {\n\t}\n}\n");
}

}  // namespace

}  // namespace rmirror::test
