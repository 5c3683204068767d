#include <fmt/format.h>

#include <algorithm>

#include "make_nodes.h"
#include "program_impl.h"
#include "statements.h"

/// Runs `call`: what is asked for is put together and given to the host.
namespace krules {

namespace {

constexpr int64_t kSecond = 1'000'000;
/// Where a call does not say.
constexpr int64_t kTimeout = 30 * kSecond;
constexpr int64_t kBackoff = kSecond;

bool fail(const CallStmt& self, Frame& frame, std::string_view message) {
  fail_with(self, frame, error_kind::kKind, message);
  return false;
}

bool fits(const CallStmt& self, const ActionSpec::Parameter& parameter, const Value& value, Frame& frame) {
  if (!fits_kind(value, {parameter.kind, parameter.optional, {}})) {
    return fail(self, frame,
                fmt::format("`{}` of `{}` is of kind {}, got {}", parameter.name, self.spec->name,
                            spelled(ast::KindSpec{parameter.kind, false, {}}), kind_name(value.kind())));
  }
  if (parameter.fields.empty() || !value.is(ValueKind::kMap)) return true;
  for (const MapRep::Entry& entry : value.as_map().entries()) {
    const auto known = std::find(parameter.fields.begin(), parameter.fields.end(), entry.key->text());
    if (known == parameter.fields.end()) {
      return fail(self, frame,
                  fmt::format("`{}` has no option `{}`: there is {}", self.spec->name, entry.key->text(),
                              fmt::join(parameter.fields, ", ")));
    }
  }
  return true;
}

bool read_arguments(const CallStmt& self, Frame& frame, Value& arguments) {
  MapBuilder map(*frame.arena, self.arguments.size());
  for (const CallStmt::Argument& each : self.arguments) {
    const Value value = each.value->eval(*each.value, frame);
    if (value.is_error()) {
      fail_with(self, frame, value);
      return false;
    }
    if (!fits(self, *each.parameter, value, frame) || !can_be_kept(self, frame, value)) return false;
    map.add(each.name, value);
  }
  arguments = map.finish();
  return true;
}

bool read_reply(const CallStmt& self, Frame& frame, const Symbol*& reply) {
  reply = self.reply;
  if (self.computed_reply == nullptr) return true;
  const Value type = self.computed_reply->eval(*self.computed_reply, frame);
  if (type.is_error()) {
    fail_with(self, frame, type);
    return false;
  }
  if (type.text().empty()) return fail(self, frame, "an event's type is not empty");
  reply = frame.host->symbol(type.text());
  return true;
}

bool read_duration(const CallStmt& self, const Node* node, std::string_view clause, int64_t least,
                   Frame& frame, int64_t& microseconds) {
  if (node == nullptr) return true;
  const Value value = node->eval(*node, frame);
  if (value.is_error()) {
    fail_with(self, frame, value);
    return false;
  }
  if (!value.is(ValueKind::kDuration)) {
    return fail(self, frame,
                fmt::format("`{}` takes a duration such as `5s`, got {}", clause, kind_name(value.kind())));
  }
  microseconds = value.as_microseconds();
  if (microseconds >= least) return true;
  return fail(
      self, frame,
      fmt::format("`{}` takes a duration that is {}", clause, least > 0 ? "above zero" : "not negative"));
}

bool read_retries(const CallStmt& self, Frame& frame, uint32_t& retries) {
  if (self.retry == nullptr) return true;
  const Value value = self.retry->eval(*self.retry, frame);
  if (value.is_error()) {
    fail_with(self, frame, value);
    return false;
  }
  if (!CallStmt::is_count(value)) {
    return fail(
        self, frame,
        fmt::format("`retry` takes how many more times to try, from 0 to {}", CallStmt::kMostRetries));
  }
  retries = static_cast<uint32_t>(value.as_int());
  return true;
}

Flow run_call(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const CallStmt&>(statement);
  CallRequest request;
  request.action = self.spec->name;
  request.secrets = self.secrets;
  request.timeout = kTimeout;
  request.backoff = kBackoff;
  request.subject = subject_of(self.clauses, frame);
  if (request.subject == nullptr || !read_arguments(self, frame, request.arguments) ||
      !read_reply(self, frame, request.reply) ||
      !read_duration(self, self.timeout, "timeout", 1, frame, request.timeout) ||
      !read_retries(self, frame, request.retries) ||
      !read_duration(self, self.backoff, "backoff", 0, frame, request.backoff) ||
      !read_with(self, self.clauses, frame, request.extra)) {
    return Flow::kFail;
  }
  const Value result = frame.host->call(request);
  return result.is_error() ? fail_with(self, frame, result) : Flow::kNext;
}

}  // namespace

bool CallStmt::is_count(const Value& value) {
  return value.is(ValueKind::kInt) && value.as_int() >= 0 && value.as_int() <= kMostRetries;
}

RunFunction call_statement() {
  return run_call;
}

}  // namespace krules
