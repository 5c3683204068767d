#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "call_secrets.h"
#include "krules/action.h"

namespace krules {

struct HttpHeader {
  std::string name;
  std::string value;
  bool stays_home = false;  ///< not sent on to another host by a redirect
};

/// What is sent.
struct HttpRequest {
  std::string method;  ///< "POST"
  std::string url;
  std::vector<HttpHeader> headers;
  bool has_body = false;
  std::string body;
  int64_t timeout = 0;  ///< microseconds, redirects included
};

/// Makes the request of `http.post` and its like out of an attempt. False, with a sentence in `error`, where
/// its arguments are not as they must be. What is made of secrets is added to `secrets`.
bool make_http_request(const ActionAttempt& attempt, CallSecrets& secrets, HttpRequest& request,
                       std::string& error);

}  // namespace krules
