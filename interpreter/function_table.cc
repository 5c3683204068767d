#include "krules/function_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "krules/host.h"
#include "krules/program.h"
#include "nodes.h"

namespace krules {

namespace {

using Closure = std::function<Value(CallContext&, std::span<const Value>)>;

Value call_closure(CallContext& context, std::span<const Value> arguments, const void* user_data) {
  return (*static_cast<const Closure*>(user_data))(context, arguments);
}

}  // namespace

bool FunctionTable::add(FunctionSpec spec) {
  if (by_name_.contains(spec.name)) return false;
  specs_.push_back(std::make_unique<FunctionSpec>(std::move(spec)));
  by_name_.emplace(specs_.back()->name, specs_.back().get());
  return true;
}

bool FunctionTable::add(FunctionSpec spec, Closure function) {
  if (by_name_.contains(spec.name)) return false;
  closures_.push_back(std::make_unique<Closure>(std::move(function)));
  spec.function = call_closure;
  spec.user_data = closures_.back().get();
  return add(std::move(spec));
}

const FunctionSpec* FunctionTable::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() ? found->second : nullptr;
}

bool FunctionTable::add_action(ActionSpec spec) {
  if (find_action(spec.name) != nullptr) return false;
  actions_.push_back(std::move(spec));
  return true;
}

const ActionSpec* FunctionTable::find_action(std::string_view name) const {
  const auto found = std::find_if(actions_.begin(), actions_.end(),
                                  [&](const ActionSpec& each) { return each.name == name; });
  return found != actions_.end() ? &*found : nullptr;
}

std::vector<const FunctionSpec*> FunctionTable::all() const {
  std::vector<const FunctionSpec*> result;
  result.reserve(specs_.size());
  for (const auto& spec : specs_) result.push_back(spec.get());
  return result;
}

Arena& CallContext::arena() {
  return *frame_.arena;
}

Value CallContext::error(std::string_view kind, std::string_view message) {
  return Value::error(new (frame_.arena->allocate(sizeof(ErrorRep), alignof(ErrorRep)))
                          ErrorRep{.kind = frame_.arena->copy(kind),
                                   .message = frame_.arena->copy(message),
                                   .span = {},
                                   .source = kNoSource,
                                   .fatal = false});
}

Value CallContext::kind_error(std::string_view function, std::string_view parameter,
                              std::string_view expected, const Value& got) {
  const std::string_view article = expected.find_first_of("aeio") == 0 ? "an" : "a";
  return error(error_kind::kKind, fmt::format("`{}` takes {} {} as `{}`, got {}", function, article, expected,
                                              parameter, kind_name(got.kind())));
}

Value CallContext::charge(uint64_t steps) {
  return take_steps(frame_, steps) ? Value::null() : budget_error(frame_);
}

int64_t CallContext::now() {
  return frame_.host->now();
}

std::array<uint64_t, 2> CallContext::next_entropy() {
  return frame_.host->entropy(frame_.entropy_used++);
}

const Symbol* CallContext::symbol(std::string_view text) {
  return frame_.host->symbol(text);
}

const SymbolTable& CallContext::symbols() {
  return *frame_.program->symbols();
}

}  // namespace krules
