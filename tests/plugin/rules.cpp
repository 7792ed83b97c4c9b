// SPDX-License-Identifier: GPL-2.0-only
//
// Rules go in, come back the same, and hold the bytes of the statement model.
#include <rmirror/statement.hpp>

#include <sstream>

#include "nft.hpp"

namespace rmirror::test {

namespace {

using Rules = NftTest;

std::string hex(const std::vector<std::uint8_t> &bytes) {
    std::ostringstream text;
    for (std::uint8_t byte : bytes)
        text << "0123456789abcdef"[byte >> 4] << "0123456789abcdef"[byte & 15];
    return text.str();
}

std::string chain_of(const std::string &rules) {
    return "table inet filter {\n\tchain input {\n" + rules + "\t}\n}\n";
}

TEST_F(Rules, SendsTheBytesOfTheModel) {
    add_chain();
    Directory directory;
    How how{.environment = {{"RMIRROR_DOUBLE_SENT", directory.path("sent")}}};
    std::string expected;
    for (const char *text :
         {"rmirror to ::1", "rmirror to 10.0.0.5", "rmirror ip6 to 2001:db8::5 encap erspan key 7",
          "rmirror to 10.0.0.5 encap vxlan key 0xffffff len 60 mtu truncate ttl 3 dscp ef from "
          "10.0.0.1 device eth0 mark 0xffffffff port 65535"}) {
        EXPECT_EQ(nft(std::string("add rule inet filter input ") + text, how).err, "");
        expected += hex(encode(parse_text(text)->statement)) + '\n';
    }
    EXPECT_EQ(read_file(directory.path("sent")), expected);
}

TEST_F(Rules, AddListDelete) {
    add_chain();
    Outcome added = nft(
        "add rule inet filter input iifname \"eth0\" counter rmirror to 10.0.0.5 len 60 accept");
    EXPECT_EQ(added.err, "");
    EXPECT_EQ(added.status, 0);
    EXPECT_EQ(ruleset(), chain_of("\t\tiifname \"eth0\" counter packets 0 bytes 0 rmirror to "
                                  "10.0.0.5 len 60 accept\n"));
    EXPECT_EQ(nft("flush chain inet filter input").status, 0);
    EXPECT_EQ(ruleset(), "table inet filter {\n\tchain input {\n\t}\n}\n");
}

}  // namespace

}  // namespace rmirror::test
