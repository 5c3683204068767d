#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace krules {

/// Where a URL goes.
struct HttpPlace {
  bool secure = false;  ///< https
  std::string host;     ///< lower case, an IPv6 address without brackets
  uint16_t port = 0;
  /// "api.example.com", or with its port where that is not the usual one of its scheme.
  std::string text() const;
  friend bool operator==(const HttpPlace&, const HttpPlace&) = default;
};

/// Reads a URL. False, with a sentence in `error`, where it is none of http or https, or has a user in it.
bool find_http_place(const std::string& url, HttpPlace& place, std::string& error);

/// The hosts that calls may go to: `api.example.com`, `*.example.com`, `127.0.0.1:8080`, `[::1]:8080`, `*`.
/// Without a port it is the usual one of the scheme, 80 or 443; `*` alone is every host and port.
class HttpGrants {
 public:
  /// Empty, or one sentence that says why `text` is no HOST[:PORT].
  std::string add(std::string_view text);
  bool allow(const HttpPlace& place) const;

 private:
  struct Grant {
    std::string host;    // behind the `*` of `*.example.com`
    bool below = false;  // any host that ends so
    uint16_t port = 0;   // 0: the usual one
  };
  bool all_ = false;
  std::vector<Grant> grants_;
};

/// "`api.example.com` is not granted; --allow-http api.example.com would allow it".
std::string not_granted(const HttpPlace& place);

}  // namespace krules
