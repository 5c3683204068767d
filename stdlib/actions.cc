#include "library.h"

/// What `call http.get(...)` and its like take. They are done by the engine.
namespace krules::library {

void add_actions(FunctionTable& functions) {
  using Parameter = ActionSpec::Parameter;
  const Parameter url{"url", ast::Kind::kString, false, {}};
  const Parameter plain{"options", ast::Kind::kMap, true, {"headers", "query", "auth"}};
  const Parameter with_body{"options", ast::Kind::kMap, true, {"body", "headers", "query", "auth"}};
  functions.add_action(
      {"http.get",
       {url, plain},
       "asks for what is at a URL",
       R"(call http.get("https://api.example.com/rates", { query: { base: "EUR" } }) reply rates.came)"});
  functions.add_action(
      {"http.post",
       {url, with_body},
       "sends a body to a URL",
       R"(call http.post("https://api.example.com/charge", { body: payload }) reply api.replied)"});
  functions.add_action(
      {"http.put",
       {url, with_body},
       "puts a body at a URL",
       R"(call http.put("https://api.example.com/orders/{subject}", { body: subject.props() }))"});
  functions.add_action(
      {"http.patch",
       {url, with_body},
       "changes what is at a URL",
       R"(call http.patch("https://api.example.com/orders/1", { body: { status: "paid" } }))"});
  functions.add_action({"http.delete",
                        {url, plain},
                        "deletes what is at a URL",
                        R"(call http.delete("https://api.example.com/orders/1") reply order.gone)"});
}

}  // namespace krules::library
