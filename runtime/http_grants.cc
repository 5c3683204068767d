#include "krules/http_grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "curl_library.h"

namespace krules {

namespace {

constexpr uint16_t usual_port(bool secure) {
  return secure ? 443 : 80;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// One part of a URL, empty where it has none.
std::string part_of(const CurlLibrary& curl, CURLU* url, CURLUPart part, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl.url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  curl.free(text);
  return result;
}

bool read_port(std::string_view text, uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

/// What stands in front of a host that was meant.
std::string_view without_scheme(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  return text.substr(0, text.find_first_of("/?#"));
}

}  // namespace

std::string HttpPlace::text() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == usual_port(secure) ? name : fmt::format("{}:{}", name, port);
}

bool find_http_place(const std::string& url, HttpPlace& place, std::string& error) {
  const CurlLibrary* curl = CurlLibrary::load(error);
  if (curl == nullptr) return false;
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl->url(), curl->url_cleanup);
  const CURLUcode code = curl->url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER);
  if (code == CURLUE_USER_NOT_ALLOWED) {
    error = "a URL has no user and password in it: give them as `auth: { user: ..., password: ... }`";
    return false;
  }
  const std::string scheme =
      code == CURLUE_OK ? part_of(*curl, parsed.get(), CURLUPART_SCHEME) : std::string();
  place.secure = scheme == "https";
  if (code == CURLUE_UNSUPPORTED_SCHEME || (code == CURLUE_OK && !place.secure && scheme != "http")) {
    error = "calls go to `http://` and `https://` alone";
    return false;
  }
  place.host = code == CURLUE_OK ? lower(part_of(*curl, parsed.get(), CURLUPART_HOST)) : std::string();
  if (place.host.empty()) {
    error = "the URL cannot be read: it begins with `https://` and a host";
    return false;
  }
  if (place.host.front() == '[') place.host = place.host.substr(1, place.host.size() - 2);
  if (place.host.back() == '.') place.host.pop_back();
  return read_port(part_of(*curl, parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT), place.port) ||
         (error = "the port of the URL is none", false);
}

std::string HttpGrants::add(std::string_view text) {
  if (text == "*") {
    all_ = true;
    return {};
  }
  if (text.find('/') != std::string_view::npos) {
    return fmt::format("a host is granted, not a URL: write `{}`", without_scheme(text));
  }
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  const bool in_brackets = text.starts_with('[') && bracket != std::string_view::npos;
  if (!in_brackets && text.find(':') != colon) {
    std::string address(text);
    std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
    return fmt::format("an IPv6 address stands in brackets: `[{}]`", address);
  }
  Grant grant;
  std::string_view host = text;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    if (!read_port(text.substr(colon + 1), grant.port)) {
      return fmt::format("`{}` is no port: it is a number from 1 to 65535", text.substr(colon + 1));
    }
    host = text.substr(0, colon);
  }
  if (!host.empty() && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.starts_with("*.")) {
    grant.below = true;
    host.remove_prefix(1);
  }
  if (host.empty() || host == "." || host.find_first_of("*?@[] ") != std::string_view::npos) {
    return fmt::format("`{}` is no host: write `api.example.com`, `*.example.com` or `127.0.0.1:8080`", text);
  }
  grant.host = lower(host);
  grants_.push_back(std::move(grant));
  return {};
}

bool HttpGrants::allow(const HttpPlace& place) const {
  return all_ || std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
           const uint16_t port = grant.port != 0 ? grant.port : usual_port(place.secure);
           if (port != place.port) return false;
           return grant.below ? place.host.size() > grant.host.size() && place.host.ends_with(grant.host)
                              : place.host == grant.host;
         });
}

std::string not_granted(const HttpPlace& place) {
  return fmt::format("`{0}` is not granted; --allow-http {0} would allow it", place.text());
}

}  // namespace krules
