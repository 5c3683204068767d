#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("in_cidr") {
  check_all({
      {R"("10.1.2.3".in_cidr("10.0.0.0/8"))", "true"},
      {R"("11.1.2.3".in_cidr("10.0.0.0/8"))", "false"},
      {R"("10.1.2.3".in_cidr("10.9.9.9/8"))", "true"},
      {R"("192.168.1.130".in_cidr("192.168.1.128/25"))", "true"},
      {R"("192.168.1.127".in_cidr("192.168.1.128/25"))", "false"},
      {R"("1.2.3.4".in_cidr("0.0.0.0/0"))", "true"},
      {R"("1.2.3.4".in_cidr("1.2.3.4"))", "true"},
      {R"("1.2.3.4".in_cidr("1.2.3.5/32"))", "false"},
      {R"("2001:db8::7".in_cidr("2001:db8::/32"))", "true"},
      {R"("2001:db9::7".in_cidr("2001:db8::/32"))", "false"},
      {R"("::ffff:10.0.0.1".in_cidr("10.0.0.0/8"))", "true"},
      {R"("10.0.0.1".in_cidr("::/0"))", "false"},
      {R"("10.0.0.1".in_cidr("::ffff:0:0/96"))", "true"},
      {R"("::ffff:10.0.0.1".in_cidr("::/0"))", "true"},
      {R"("10.1.2.3".in_cidr(["fd00::/8", "10.0.0.0/8"]))", "true"},
      {R"("10.1.2.3".in_cidr([]))", "false"},
      {R"(payload.ip.in_cidr("10.0.0.0/8"))", "false"},
      {R"("unknown".in_cidr("10.0.0.0/8"))", "false"},
      {R"("10.1.2.3.4".in_cidr("0.0.0.0/0"))", "false"},
      {R"("010.1.2.3".in_cidr("0.0.0.0/0"))", "false"},
      {R"("".in_cidr("0.0.0.0/0"))", "false"},
      {R"("fe80::1%eth0".in_cidr("fe80::/10"))", "false"},
      {R"("10.1.2.3".in_cidr("10.0.0.0/33"))",
       R"(error: `in_cidr` takes networks such as "10.0.0.0/8" or "2001:db8::/32", got "10.0.0.0/33")"},
      {R"("10.1.2.3".in_cidr(["10.0.0.0/8", "10.0.0/8"]))",
       R"(error: `in_cidr` takes networks such as "10.0.0.0/8" or "2001:db8::/32", got "10.0.0/8")"},
      {R"("10.1.2.3".in_cidr("10.0.0.0/"))",
       R"(error: `in_cidr` takes networks such as "10.0.0.0/8" or "2001:db8::/32", got "10.0.0.0/")"},
      {R"("10.1.2.3".in_cidr("::/129"))",
       R"(error: `in_cidr` takes networks such as "10.0.0.0/8" or "2001:db8::/32", got "::/129")"},
      {R"("10.1.2.3".in_cidr(8))",
       "error: `in_cidr` takes a string or list of strings as `network`, got int"},
      {R"(in_cidr(1, "10.0.0.0/8"))", "error: `in_cidr` takes a string as `address`, got int"},
  });
}

TEST_CASE("is_ip") {
  check_all({
      {R"(["10.0.0.1", "2001:db8::1", "::", "255.255.255.255"].all(a => a.is_ip()))", "true"},
      {R"(["10.0.0", "10.0.0.256", "1:2", "", "localhost", "10.0.0.1/8", "a".repeat(100)].any(a => a.is_ip()))",
       "false"},
      {"payload.ip.is_ip()", "false"},
      {"is_ip(1)", "error: `is_ip` takes a string as `address`, got int"},
  });
}

}  // namespace krules::test
