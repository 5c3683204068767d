#include "http_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "krules/base64.h"
#include "krules/json.h"

namespace krules {

namespace {

/// Reads the arguments of one attempt.
class RequestMaker {
 public:
  RequestMaker(const ActionAttempt& attempt, CallSecrets& secrets, HttpRequest& request)
      : attempt_(attempt), secrets_(secrets), request_(request) {}

  bool make() {
    const JsonResult json = parse_json(attempt_.arguments, JsonStyle::kPlain, arena_, symbols_);
    if (!json.error.empty() || !json.value.is(ValueKind::kMap)) return fail("the arguments are not JSON");
    const std::string_view verb = std::string_view(attempt_.action).substr(attempt_.action.find('.') + 1);
    for (const char c : verb) request_.method.push_back(static_cast<char>(c - 'a' + 'A'));
    request_.timeout = attempt_.timeout;
    const Value* url = json.value.as_map().find(std::string_view("url"));
    if (url == nullptr || !url->is(ValueKind::kString)) return fail("the URL is no text");
    request_.url = url->text();
    const Value* options = json.value.as_map().find(std::string_view("options"));
    if (options != nullptr && options->is(ValueKind::kMap) && !read_options(options->as_map())) return false;
    add_default("idempotency-key", attempt_.key);
    return true;
  }

  std::string error() { return std::move(error_); }

 private:
  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  bool read_options(const MapRep& options) {
    const Value* headers = options.find(std::string_view("headers"));
    const Value* query = options.find(std::string_view("query"));
    const Value* auth = options.find(std::string_view("auth"));
    const Value* body = options.find(std::string_view("body"));
    if (headers != nullptr && !headers->is_null() && !read_headers(*headers)) return false;
    if (query != nullptr && !query->is_null() && !read_query(*query)) return false;
    if (auth != nullptr && !auth->is_null() && !read_auth(*auth)) return false;
    if (body != nullptr) read_body(*body);
    return true;
  }

  static std::string as_text(const Value& value) {
    if (value.is(ValueKind::kString)) return std::string(value.text());
    std::string text;
    append_json(text, value);
    return text;
  }

  bool has_header(std::string_view name) const {
    return std::any_of(request_.headers.begin(), request_.headers.end(),
                       [&](const HttpHeader& each) { return each.name == name; });
  }
  void add_default(std::string_view name, std::string value) {
    if (!has_header(name)) request_.headers.push_back({std::string(name), std::move(value)});
  }

  bool read_headers(const Value& headers) {
    if (!headers.is(ValueKind::kMap)) return fail("`headers` is a map");
    for (const MapRep::Entry& entry : headers.as_map().entries()) {
      if (entry.value.is_null()) continue;
      HttpHeader header{std::string(entry.key->text()), as_text(entry.value)};
      const auto in_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
      };
      if (header.name.empty() || !std::all_of(header.name.begin(), header.name.end(), in_name))
        return fail(fmt::format("`{}` is no name of a header", header.name));
      const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; };
      if (std::any_of(header.value.begin(), header.value.end(), is_control))
        return fail(fmt::format("the header `{}` has a line end in it", header.name));
      for (char& c : header.name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      if (header.name == "content-length" || header.name == "transfer-encoding" || header.name == "host")
        return fail(fmt::format("the header `{}` follows from the request and is not given", header.name));
      header.stays_home =
          header.name == "authorization" || header.name == "cookie" || secrets_.stand_in(header.value);
      request_.headers.push_back(std::move(header));
    }
    return true;
  }

  static void append_in_url(std::string& out, std::string_view text) {
    for (const char c : text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                         std::string_view("-_.~").find(c) != std::string_view::npos;
      if (plain) {
        out.push_back(c);
      } else {
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      }
    }
  }

  void add_query(std::string& query, std::string_view name, const Value& value) {
    if (value.is_null()) return;
    if (value.is(ValueKind::kList)) {
      for (const Value& item : value.as_list().items()) add_query(query, name, item);
      return;
    }
    if (!query.empty()) query.push_back('&');
    append_in_url(query, name);
    query.push_back('=');
    append_in_url(query, as_text(value));
  }

  bool read_query(const Value& fields) {
    if (!fields.is(ValueKind::kMap)) return fail("`query` is a map");
    std::string query;
    for (const MapRep::Entry& entry : fields.as_map().entries())
      add_query(query, entry.key->text(), entry.value);
    if (query.empty()) return true;
    const size_t fragment = request_.url.find('#');
    if (fragment != std::string::npos) request_.url.resize(fragment);
    request_.url.push_back(request_.url.find('?') == std::string::npos ? '?' : '&');
    request_.url += query;
    return true;
  }

  bool read_auth(const Value& auth) {
    const Value* user = auth.is(ValueKind::kMap) ? auth.as_map().find(std::string_view("user")) : nullptr;
    const Value* password =
        auth.is(ValueKind::kMap) ? auth.as_map().find(std::string_view("password")) : nullptr;
    if (user == nullptr || password == nullptr) return fail("`auth` is a map with `user` and `password`");
    const std::string both = base64_text(as_text(*user) + ":" + as_text(*password));
    secrets_.add_made(both);
    request_.headers.push_back({"authorization", "Basic " + both, true});
    return true;
  }

  void read_body(const Value& body) {
    request_.has_body = true;
    request_.body = as_text(body);
    add_default("content-type",
                body.is(ValueKind::kString) ? "text/plain; charset=utf-8" : "application/json");
  }

  const ActionAttempt& attempt_;
  CallSecrets& secrets_;
  HttpRequest& request_;
  Arena arena_;
  SymbolTable symbols_;
  std::string error_;
};

}  // namespace

bool make_http_request(const ActionAttempt& attempt, CallSecrets& secrets, HttpRequest& request,
                       std::string& error) {
  RequestMaker maker(attempt, secrets, request);
  if (maker.make()) return true;
  error = maker.error();
  return false;
}

}  // namespace krules
