#include <catch2/catch.hpp>
#include <tao/pegtl/contrib/analyze.hpp>

#include "declaration_rules.hpp"

TEST_CASE("the grammar has no rule that loops without consuming") {
  CHECK(tao::pegtl::analyze<krules::grammar::rules::file>() == 0);
  CHECK(tao::pegtl::analyze<krules::grammar::rules::single_expression>() == 0);
}
