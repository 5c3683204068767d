#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "checker/name_graph.h"
#include "krules/check_codes.h"
#include "krules/load_program.h"
#include "krules/parser.h"
#include "krules/stdlib.h"
#include "program_file.h"

// The look at names that loading begins with: it may see circles that are none, never none where there is
// one.
namespace krules::test {

namespace {

bool may_have_circle(const std::string& text) {
  std::vector<ast::Module> modules;
  ParseResult parsed = parse(std::make_shared<Source>("look.krules", text));
  REQUIRE(parsed.ok());
  modules.push_back(std::move(parsed.module));
  return check::may_have_circle(modules);
}

}  // namespace

TEST_CASE("no circle of the collection escapes the look at names") {
  FunctionTable functions;
  add_standard_functions(functions);
  CompileOptions options;
  options.functions = &functions;
  size_t circles = 0;
  size_t clear = 0;
  for (const ProgramFile& file : read_program_files(KRULES_CHECK_PROGRAMS)) {
    INFO(file.path);
    const LoadedProgram loaded =
        load_program({std::make_shared<Source>(file.name + ".krules", file.text)}, options);
    if (loaded.program == nullptr) continue;
    const bool circle = !check_loaded(loaded, options, {}).cycles.empty();
    const bool seen = check::may_have_circle(loaded.modules);
    CHECK((seen || !circle));
    circles += circle ? 1 : 0;
    clear += seen ? 0 : 1;
    // What is told when rules load does not depend on which of both looked.
    CheckOptions only_loops;
    only_loops.findings = false;
    CheckOptions as_loaded = only_loops;
    as_loaded.picture = false;
    const CheckResult all = check_loaded(loaded, options, only_loops);
    const CheckResult few = check_loaded(loaded, options, as_loaded);
    CHECK(few.cycles.size() == all.cycles.size());
    REQUIRE(few.diagnostics.size() == all.diagnostics.size());
    for (size_t i = 0; i < all.diagnostics.size(); ++i)
      CHECK(render_text(few.diagnostics[i]) == render_text(all.diagnostics[i]));
  }
  CHECK(circles > 100);
  CHECK(clear > 0);
}

TEST_CASE("rules that lead away from each other have no circle of names") {
  CHECK_FALSE(
      may_have_circle("rule a on x { emit y }\nrule b on y { set p = 1 }\n"
                      "rule c on changed p { emit z }\n"));
  CHECK_FALSE(may_have_circle("rule a on x { set p = 1 }\nrule b on changed q { emit x }\n"));
  CHECK_FALSE(may_have_circle("rule a on changed p { set p = 1 muted\n set ext.p = 1\n set meta.p = 1 }\n"));
  CHECK_FALSE(may_have_circle("rule a on x.* { emit \"y.{payload.kind}\" }\n"));
  CHECK_FALSE(may_have_circle("rule a on subject deleted { emit y }\nrule b on x { delete subject }\n"));
  CHECK_FALSE(may_have_circle("rule a on subject deleted { delete subject muted }\n"));
}

TEST_CASE("every way in which an event can come back is a circle of names") {
  const std::string program = GENERATE(as<std::string>(),                                         //
                                       "rule a on x { emit x }",                                  //
                                       "rule a on x { emit y }\nrule b on y { emit x }",          //
                                       "rule a on x.* { emit x.y }",                              //
                                       "rule a on x.y { emit \"x.{payload.kind}\" }",             //
                                       "rule a on x.y { emit \"{payload.kind}\" }",               //
                                       "rule a on * { emit x }",                                  //
                                       "rule a on x? { emit xy }",                                //
                                       "rule a on changed p { set p = 1 }",                       //
                                       "rule a on changed p* { set pq = 1 }",                     //
                                       "rule a on changed { set pq = 1 }",                        //
                                       "rule a on changed p { set \"{payload.k}\" = 1 }",         //
                                       "rule a on changed p { set p.q = 1 }",                     //
                                       "rule a on changed p { set { p: 1 } }",                    //
                                       "rule a on changed p { set { payload.p } }",               //
                                       "rule a on deleted p { delete p }",                        //
                                       "rule a on changed p { delete p.q }",                      //
                                       "rule a on deleted p { delete subject }",                  //
                                       "rule a on subject deleted { delete subject }",            //
                                       "rule a on * { delete subject }",                          //
                                       "rule a on * { set p = 1 }",                               //
                                       "rule a on subject-property-* { set p = 1 }",              //
                                       "rule a on subject-deleted { delete subject }",            //
                                       "rule a on changed p { emit \"{payload.k}\" }",            //
                                       "rule a on x { if true { emit x } }",                      //
                                       "rule a on x { if true {} else { emit x } }",              //
                                       "rule a on x { for i in [1] { emit x } }",                 //
                                       "rule a on x { try { fail \"no\" } catch e { emit x } }",  //
                                       "rule a on x { as \"s\" { emit x } }",                     //
                                       "rule a on x { emit x on \"other\" }");
  INFO(program);
  CHECK(may_have_circle(program + "\n"));
}

}  // namespace krules::test
