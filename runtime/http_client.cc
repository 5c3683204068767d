#include "http_client.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <utility>

#include "curl_library.h"
#include "krules/json.h"
#include "wake_signal.h"

namespace krules {

namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr int kMostRedirects = 5;
constexpr size_t kMostHeaderBytes = size_t{256} << 10;

std::string shown_bytes(size_t bytes) {
  return bytes % (1 << 20) == 0 ? fmt::format("{} MiB", bytes >> 20) : fmt::format("{} bytes", bytes);
}

std::string shown_duration(int64_t time) {
  std::string text;
  append_duration(text, time);
  return text;
}

/// One request from its beginning to its end, redirects included.
struct Transfer {
  explicit Transfer(const CurlLibrary& curl)
      : handle(nullptr, curl.easy_cleanup), header_list(nullptr, curl.slist_free_all) {}

  HttpRequest request;
  std::function<void(ActionResult)> done;
  steady_clock::time_point deadline;
  HttpPlace place;
  int redirects = 0;
  std::unique_ptr<CURL, void (*)(CURL*)> handle;
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> header_list;

  // Of the answer.
  size_t most_body = 0;
  size_t header_bytes = 0;
  bool body_too_large = false;
  std::string body;
  std::map<std::string, std::string> headers;
};

size_t take_body(char* data, size_t, size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (transfer.body.size() + size > transfer.most_body) {
    transfer.body_too_large = true;
    return 0;
  }
  transfer.body.append(data, size);
  return size;
}

/// A header's value as UTF-8: a byte beyond ASCII is a character of Latin-1.
std::string as_utf8(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text.push_back(c);
    } else {
      text.push_back(static_cast<char>(0xC0 | byte >> 6));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

size_t take_header(char* data, size_t, size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.header_bytes += size;
  if (transfer.header_bytes > kMostHeaderBytes) return 0;
  const std::string_view line(data, size);
  // After `100 Continue` the answer begins anew.
  if (line.starts_with("HTTP/")) transfer.headers.clear();
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(trimmed(line.substr(0, colon)));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::string value = as_utf8(trimmed(line.substr(colon + 1)));
  const auto [known, is_new] = transfer.headers.emplace(as_utf8(name), value);
  if (!is_new) known->second += ", " + value;
  return size;
}

std::string_view header_of(const Transfer& transfer, const std::string& name) {
  const auto found = transfer.headers.find(name);
  return found == transfer.headers.end() ? std::string_view() : std::string_view(found->second);
}

bool is_json(std::string_view type) {
  const std::string_view kind = trimmed(type.substr(0, type.find(';')));
  return kind == "application/json" || kind == "text/json" || kind.ends_with("+json");
}

/// Microseconds that the other side asks to wait: a number of seconds, or a date.
int64_t retry_after(const CurlLibrary& curl, const Transfer& transfer) {
  const std::string_view text = header_of(transfer, "retry-after");
  if (text.empty()) return 0;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size())
    return std::clamp<int64_t>(seconds, 0, 86400) * 1'000'000;
  const std::time_t date = curl.getdate(std::string(text).c_str(), nullptr);
  if (date == -1) return 0;
  return std::clamp<int64_t>(date - std::time(nullptr), 0, 86400) * 1'000'000;
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl(const HttpGrants& grants, Limits limits) : grants_(grants), limits_(limits) {
    curl_ = CurlLibrary::load(unusable_);
    if (curl_ != nullptr) multi_ = curl_->multi_init();
  }
  ~Impl() {
    if (curl_ == nullptr) return;
    for (auto& [handle, transfer] : transfers_) curl_->multi_remove_handle(multi_, handle);
    transfers_.clear();
    curl_->multi_cleanup(multi_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start(HttpRequest request, std::function<void(ActionResult)> done) {
    if (curl_ == nullptr) {
      done(ActionResult::failure(unusable_));
      return;
    }
    auto transfer = std::make_unique<Transfer>(*curl_);
    transfer->deadline = steady_clock::now() + microseconds(request.timeout);
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    std::string error;
    if (!find_http_place(transfer->request.url, transfer->place, error)) {
      transfer->done(ActionResult::failure(std::move(error)));
    } else if (!grants_.allow(transfer->place)) {
      transfer->done(ActionResult::failure(not_granted(transfer->place)));
    } else {
      send(std::move(transfer));
    }
  }

  void run(int wait_ms) {
    if (curl_ == nullptr) {
      pollfd woken{wake_.file(), POLLIN, 0};
      ::poll(&woken, 1, wait_ms);
      wake_.clear();
      return;
    }
    int running = 0;
    curl_->multi_perform(multi_, &running);
    finish_those_done();
    curl_->multi_poll(multi_, nullptr, 0, wait_ms, nullptr);
    curl_->multi_perform(multi_, &running);
    finish_those_done();
  }

  void wake() {
    if (curl_ == nullptr) {
      wake_.raise();
    } else {
      curl_->multi_wakeup(multi_);
    }
  }

 private:
  void send(std::unique_ptr<Transfer> transfer) {
    Transfer& self = *transfer;
    self.most_body = limits_.response_bytes;
    self.header_bytes = 0;
    self.body.clear();
    self.headers.clear();
    self.handle.reset(curl_->easy_init());
    CURL* handle = self.handle.get();
    if (handle == nullptr) {
      self.done(ActionResult::failure("there is no memory for the call", true));
      return;
    }
    const HttpRequest& request = self.request;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(self.deadline - steady_clock::now());
    curl_->easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_->easy_setopt(handle, CURLOPT_TIMEOUT_MS, std::max<long>(1, static_cast<long>(left.count())));
    curl_->easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::max<long>(1, static_cast<long>(left.count())));
    curl_->easy_setopt(handle, CURLOPT_USERAGENT, "krules");
    curl_->easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_->easy_setopt(handle, CURLOPT_WRITEDATA, &self);
    curl_->easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_->easy_setopt(handle, CURLOPT_HEADERDATA, &self);
    if (request.has_body || request.method == "POST" || request.method == "PUT" ||
        request.method == "PATCH") {
      curl_->easy_setopt(handle, CURLOPT_POST, 1L);
      curl_->easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_->easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
    } else {
      curl_->easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    }
    curl_->easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_slist* list = nullptr;
    // Large bodies are sent at once, and no type is made up where there is no body.
    list = curl_->slist_append(list, "expect:");
    if (!request.has_body) list = curl_->slist_append(list, "content-type:");
    for (const HttpHeader& header : request.headers) {
      // A header without a value is written with `;`.
      const std::string line =
          header.value.empty() ? header.name + ";" : fmt::format("{}: {}", header.name, header.value);
      list = curl_->slist_append(list, line.c_str());
    }
    self.header_list.reset(list);
    curl_->easy_setopt(handle, CURLOPT_HTTPHEADER, list);
    transfers_.emplace(handle, std::move(transfer));
    curl_->multi_add_handle(multi_, handle);
  }

  void finish_those_done() {
    int left = 0;
    while (const CURLMsg* message = curl_->multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const auto found = transfers_.find(message->easy_handle);
      std::unique_ptr<Transfer> transfer = std::move(found->second);
      curl_->multi_remove_handle(multi_, message->easy_handle);
      transfers_.erase(found);
      finish(std::move(transfer), code);
    }
  }

  void finish(std::unique_ptr<Transfer> transfer, CURLcode code) {
    Transfer& self = *transfer;
    if (code != CURLE_OK) {
      self.done(failure(self, code));
      return;
    }
    long status = 0;
    curl_->easy_getinfo(self.handle.get(), CURLINFO_RESPONSE_CODE, &status);
    const char* next = nullptr;
    curl_->easy_getinfo(self.handle.get(), CURLINFO_REDIRECT_URL, &next);
    if (is_redirect(status) && next != nullptr) {
      follow(std::move(transfer), status, next);
      return;
    }
    self.done(answer(self, status));
  }

  void follow(std::unique_ptr<Transfer> transfer, long status, std::string url) {
    Transfer& self = *transfer;
    HttpPlace place;
    std::string error;
    if (++self.redirects > kMostRedirects) {
      error = fmt::format("there are more than {} redirects", kMostRedirects);
    } else if (!find_http_place(url, place, error)) {
      error = fmt::format("the redirect of `{}` is not followed: {}", self.place.text(), error);
    } else if (self.place.secure && !place.secure) {
      error =
          fmt::format("the redirect of `{}` is not followed: it leads from https to http", self.place.text());
    } else if (!grants_.allow(place)) {
      error = fmt::format("the redirect of `{}` is not followed: {}", self.place.text(), not_granted(place));
    }
    if (!error.empty()) {
      self.done(ActionResult::failure(std::move(error)));
      return;
    }
    HttpRequest& request = self.request;
    if (place != self.place)
      std::erase_if(request.headers, [](const HttpHeader& header) { return header.stays_home; });
    // As browsers do it.
    if ((status == 303 && request.method != "GET") ||
        ((status == 301 || status == 302) && request.method == "POST")) {
      request.method = "GET";
      request.has_body = false;
      request.body.clear();
      std::erase_if(request.headers, [](const HttpHeader& header) { return header.name == "content-type"; });
    }
    request.url = std::move(url);
    self.place = place;
    send(std::move(transfer));
  }

  ActionResult failure(const Transfer& self, CURLcode code) const {
    const std::string host = self.place.text();
    long system_error = 0;
    curl_->easy_getinfo(self.handle.get(), CURLINFO_OS_ERRNO, &system_error);
    const std::string why =
        system_error != 0 ? std::strerror(static_cast<int>(system_error)) : curl_->easy_strerror(code);
    switch (code) {
      case CURLE_WRITE_ERROR:
        if (self.body_too_large) {
          return ActionResult::failure(fmt::format("the response is larger than {} (--max-response)",
                                                   shown_bytes(limits_.response_bytes)));
        }
        return ActionResult::failure("the headers of the response are too large");
      case CURLE_COULDNT_RESOLVE_HOST:
        return ActionResult::failure(fmt::format("the host `{}` is not known", self.place.host), true);
      case CURLE_COULDNT_CONNECT:
        return ActionResult::failure(fmt::format("no connection to `{}`: {}", host, why), true);
      case CURLE_OPERATION_TIMEDOUT:
        return ActionResult::failure(
            fmt::format("no answer from `{}` within {}", host, shown_duration(self.request.timeout)), true);
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CERTPROBLEM:
      case CURLE_SSL_CACERT_BADFILE:
        return ActionResult::failure(
            fmt::format("no secure connection to `{}`: {}", host, curl_->easy_strerror(code)));
      default:
        return ActionResult::failure(
            fmt::format("the call of `{}` failed: {}", host, curl_->easy_strerror(code)), true);
    }
  }

  ActionResult answer(Transfer& self, long status) const {
    ActionResult result;
    result.status = static_cast<int>(status);
    result.ok = status >= 200 && status <= 299;
    if (!result.ok) {
      result.error = fmt::format("`{}` answered with status {}", self.place.text(), status);
      result.may_retry = status >= 500 || status == 429 || status == 408;
      if (result.may_retry) result.retry_after = retry_after(*curl_, self);
    }
    result.headers.push_back('{');
    for (const auto& [name, value] : self.headers) {
      if (result.headers.size() > 1) result.headers.push_back(',');
      append_json_string(result.headers, name);
      result.headers.push_back(':');
      append_json_string(result.headers, value);
    }
    result.headers.push_back('}');
    const bool json = is_json(header_of(self, "content-type"));
    result.body = std::move(self.body);
    if (json && result.body.empty()) {
      result.body_kind = ActionResult::Body::kNone;
    } else if (!is_utf8(result.body)) {
      result.body_kind = ActionResult::Body::kBytes;
    } else {
      result.body_kind = json ? ActionResult::Body::kJson : ActionResult::Body::kText;
    }
    return result;
  }

  const HttpGrants& grants_;
  Limits limits_;
  const CurlLibrary* curl_ = nullptr;
  std::string unusable_;  // why there is no library
  WakeSignal wake_;       // where there is none
  CURLM* multi_ = nullptr;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
};

HttpClient::HttpClient(const HttpGrants& grants, Limits limits)
    : impl_(std::make_unique<Impl>(grants, limits)) {}
HttpClient::~HttpClient() = default;

void HttpClient::start(HttpRequest request, std::function<void(ActionResult)> done) {
  impl_->start(std::move(request), std::move(done));
}
void HttpClient::run(int wait_ms) {
  impl_->run(wait_ms);
}
void HttpClient::wake() {
  impl_->wake();
}

}  // namespace krules
