#include <string>

#include "cascade.h"
#include "krules/json.h"
#include "stored_call.h"

/// What rules ask outside. It is written down at once, as text, and forgotten when what asked is undone.
namespace krules {

Value Cascade::call(const CallRequest& request) {
  if (request.reply != nullptr && is_built_in_type(request.reply)) {
    return make_error("call", "`" + std::string(request.reply->text()) +
                                  "` is a built-in event: no call is answered by it");
  }
  StoredCall& call = calls_.emplace_back();
  call.time = call.not_before = now();
  call.action = request.action;
  append_call_arguments(call.arguments, request.arguments, request.secrets);
  if (request.reply != nullptr) call.reply = request.reply->text();
  call.subject = request.subject->name();
  if (!request.extra.is_null()) append_json(call.extra, request.extra, JsonStyle::kTagged);
  call.timeout = request.timeout;
  call.most_attempts = request.retries + 1;
  call.backoff = request.backoff;
  call.rule = acting_->name;
  return Value::null();
}

}  // namespace krules
