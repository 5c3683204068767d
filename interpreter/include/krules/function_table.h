#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "krules/ast.h"
#include "krules/value.h"

namespace krules {

struct Frame;

/// What a native function may use while it runs.
class CallContext {
 public:
  explicit CallContext(Frame& frame) : frame_(frame) {}

  Arena& arena();
  /// Makes the error value to return. The text is copied.
  Value error(std::string_view kind, std::string_view message);
  /// "`round` takes a number, got string"; `which` is the parameter's name.
  Value kind_error(std::string_view function, std::string_view parameter, std::string_view expected,
                   const Value& got);
  /// Takes `steps` from the rule's step budget; an error value (fatal) when it is used up, else null.
  /// Anything that makes or looks through n things charges n.
  Value charge(uint64_t steps);

  /// Calls a lambda that was given as an argument.
  Value invoke(const Value& lambda, std::span<const Value> arguments);

  /// Of the cascade: see Host.
  int64_t now();
  /// 128 bits, the next ones of this rule run.
  std::array<uint64_t, 2> next_entropy();
  /// The symbol to use as a map key.
  const Symbol* symbol(std::string_view text);
  const class SymbolTable& symbols();
  Frame& frame() { return frame_; }

 private:
  Frame& frame_;
};

/// A native function. `arguments` has one value a parameter (kMissing where an optional one was not given),
/// then, for a variadic function, the rest. Arguments are never errors. The result's memory: the arena, a
/// constant, or an argument's.
using NativeFunction = Value (*)(CallContext& context, std::span<const Value> arguments,
                                 const void* user_data);

struct ParameterSpec {
  std::string name;
  /// As `krules doc` shows it: "string", "number|duration", "list", "lambda", "any".
  std::string kinds;
  bool optional = false;
  bool named_only = false;  ///< given as `name: value` alone, e.g. `contains(s, all: [...])`
  /// A value that is not as it must be makes the call fail whatever the other arguments are, such as a
  /// regular expression that is none. A constant one is tried when rules load, with plain values (an empty
  /// text, 0) for those of the other arguments that are not known by then; none of those is `checked` as
  /// well.
  bool checked = false;
};

struct FunctionSpec {
  std::string name;
  std::string category;  ///< "strings", "numbers", "lists", "maps", "time", "data", "network", ...
  std::vector<ParameterSpec> parameters;
  bool variadic = false;  ///< the last parameter may be repeated
  std::string result;     ///< kinds of the result
  std::string summary;    ///< one line
  std::string example;    ///< e.g. `"a,b".split(",")  # ["a", "b"]`
  /// The same arguments always give the same result: may be computed when rules load. False for now(),
  /// uuid(), env()...
  bool pure = true;
  /// Whether null in the first argument gives false at once (string, regex and network predicates).
  bool null_is_false = false;
  NativeFunction function = nullptr;
  const void* user_data = nullptr;
  /// Where the function is a plain test of one string against another (`starts_with`): used instead of
  /// `function` when it is called with just two strings. Must agree with `function`, and take time in
  /// proportion to the first string.
  bool (*string_predicate)(std::string_view text, std::string_view other) = nullptr;
};

/// What an outside action takes. Actions are named by `call` alone, and done by the engine.
struct ActionSpec {
  struct Parameter {
    std::string name;
    ast::Kind kind = ast::Kind::kAny;
    bool optional = false;
    /// Of a map: the fields that it may have; none: any.
    std::vector<std::string> fields;
  };
  std::string name;  ///< "http.post"
  std::vector<Parameter> parameters;
  std::string summary;  ///< one line
  std::string example;
};

/// The functions a program can call, and the outside actions. Filled before programs are compiled, then
/// immutable; outlives them.
class FunctionTable {
 public:
  /// False when the name is taken.
  bool add(FunctionSpec spec);
  /// For embedders: keeps `function` alive. It gets one value a parameter and returns a value or
  /// context.error(...).
  bool add(FunctionSpec spec, std::function<Value(CallContext&, std::span<const Value>)> function);

  /// False when the name is taken.
  bool add_action(ActionSpec spec);

  const FunctionSpec* find(std::string_view name) const;
  const ActionSpec* find_action(std::string_view name) const;
  /// In the order of addition.
  const std::deque<ActionSpec>& actions() const { return actions_; }
  /// In the order of addition.
  std::vector<const FunctionSpec*> all() const;

 private:
  std::vector<std::unique_ptr<FunctionSpec>> specs_;
  std::deque<ActionSpec> actions_;
  std::unordered_map<std::string_view, const FunctionSpec*> by_name_;
  std::vector<std::unique_ptr<std::function<Value(CallContext&, std::span<const Value>)>>> closures_;
};

}  // namespace krules
