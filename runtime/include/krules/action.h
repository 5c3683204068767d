#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace krules {

/// How an attempt at an outside action ended: what the reply event carries.
struct ActionResult {
  enum class Body : uint8_t {
    kNone,
    kJson,  ///< text that should be JSON; where it is none the reply has it as text and says so
    kText,
    kBytes,  ///< the reply has them in base64
  };

  bool ok = false;
  int status = 0;       ///< of HTTP; 0: there was no answer
  std::string headers;  ///< a JSON object, or empty
  Body body_kind = Body::kNone;
  std::string body;
  std::string error;  ///< one sentence for a person; empty where it is fine

  bool may_retry = false;   ///< another attempt may do better
  int64_t retry_after = 0;  ///< microseconds that the other side asks for before it

  /// It was done; `json` is what came of it.
  static ActionResult success(std::string json) {
    ActionResult result;
    result.ok = true;
    result.body_kind = Body::kJson;
    result.body = std::move(json);
    return result;
  }
  static ActionResult failure(std::string error, bool may_retry = false) {
    ActionResult result;
    result.error = std::move(error);
    result.may_retry = may_retry;
    return result;
  }
};

/// One attempt at an outside action.
struct ActionAttempt {
  std::string action;     ///< "http.post", or an embedder's own
  std::string arguments;  ///< a JSON object by the names of its parameters, secrets filled in
  std::string key;        ///< names the call: the same for every attempt, after a crash too
  uint32_t number = 1;    ///< of the attempt, as far as that is known
  int64_t timeout = 0;    ///< microseconds; what comes later than this is not looked at
  /// To be called once, from any thread, at once or later; the engine may be gone by then.
  std::function<void(ActionResult)> finish;
};

/// Does an action, or has it done: it is called in the thread that makes calls, and the next call waits until
/// it returns.
using ActionHandler = std::function<void(ActionAttempt)>;

}  // namespace krules
