#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "call.h"
#include "library.h"

namespace krules::library {

namespace {

/// An address as 16 bytes; IPv4 in the form ::ffff:a.b.c.d, so that both kinds compare alike.
struct Address {
  std::array<unsigned char, 16> bytes{};
  bool written_as_v4 = false;
};

constexpr std::array<unsigned char, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::optional<Address> read_address(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  Address address;
  if (text.find(':') != std::string_view::npos) {
    if (inet_pton(AF_INET6, terminated, address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), address.bytes.begin());
  if (inet_pton(AF_INET, terminated, address.bytes.data() + kV4Prefix.size()) != 1) return std::nullopt;
  address.written_as_v4 = true;
  return address;
}

struct Network {
  Address address;
  int bits = 128;  ///< of the 128
};

// "10.0.0.0/8", "2001:db8::/32", or one address.
std::optional<Network> read_network(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view base = text.substr(0, slash);
  const std::optional<Address> address = read_address(base);
  if (!address) return std::nullopt;
  Network network{*address, 128};
  if (slash == std::string_view::npos) return network;
  const std::string_view length = text.substr(slash + 1);
  int bits = 0;
  const auto [end, problem] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (problem != std::errc{} || end != length.data() + length.size() || length.empty()) return std::nullopt;
  if (bits < 0 || bits > (address->written_as_v4 ? 32 : 128)) return std::nullopt;
  network.bits = address->written_as_v4 ? bits + 96 : bits;
  return network;
}

bool holds(const Network& network, const Address& address) {
  // What is written as an IPv4 address lies in no network of IPv6 but the one of such addresses
  // (::ffff:0:0/96).
  if (address.written_as_v4 && network.bits < 96) return false;
  const auto whole = static_cast<size_t>(network.bits / 8);
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, network.address.bytes.begin()))
    return false;
  const int rest = network.bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xFF << (8 - rest));
  return (address.bytes[whole] & mask) == (network.address.bytes[whole] & mask);
}

Value bad_network(Call& call, std::string_view text) {
  return call.error("value",
                    "`in_cidr` takes networks such as \"10.0.0.0/8\" or \"2001:db8::/32\", got \"{}\"",
                    shown_text(text));
}

Value in_cidr(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "in_cidr", arguments);
  const std::string_view text = call.text(0, "address");
  const Value& networks = arguments[1];
  if (call.failed()) return call.failure();
  const Arguments all = networks.is(ValueKind::kList) ? networks.as_list().items() : Arguments(&networks, 1);
  const std::optional<Address> address = read_address(text);
  if (!call.charge(all.size())) return call.failure();
  // All networks are read, also behind the one that holds the address: a slip in them shows at once.
  bool found = false;
  for (const Value& item : all) {
    if (!item.is(ValueKind::kString))
      return context.kind_error("in_cidr", "network", "string or list of strings", item);
    const std::optional<Network> network = read_network(item.text());
    if (!network) return bad_network(call, item.text());
    found = found || (address && holds(*network, *address));
  }
  return Value::boolean(found);
}

Value is_ip(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "is_ip", arguments);
  const std::string_view text = call.text(0, "address");
  return call.failed() ? call.failure() : Value::boolean(read_address(text).has_value());
}

}  // namespace

void add_network(FunctionTable& functions) {
  functions.add(
      {.name = "in_cidr",
       .category = "network",
       .parameters = {{"address", "string"}, {.name = "network", .kinds = "string|list", .checked = true}},
       .result = "bool",
       .summary =
           "whether an IPv4 or IPv6 address lies in the network, or in one of a list; false for other text",
       .example = R"("10.1.2.3".in_cidr(["10.0.0.0/8", "fd00::/8"])  # true)",
       .null_is_false = true,
       .function = in_cidr});
  functions.add({.name = "is_ip",
                 .category = "network",
                 .parameters = {{"address", "string"}},
                 .result = "bool",
                 .summary = "whether the text is an IPv4 or IPv6 address",
                 .example = R"("2001:db8::1".is_ip()  # true)",
                 .null_is_false = true,
                 .function = is_ip});
}

}  // namespace krules::library
