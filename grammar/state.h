#pragma once

#include "test_builder.h"

namespace krules::grammar {

/// All that one run of the parser gathers.
struct State {
  explicit State(SourcePtr source)
      : context(std::move(source)),
        bodies(context, expressions),
        declarations(context, expressions, bodies),
        tests(context, expressions, bodies, declarations) {}

  struct Mark {
    ExpressionBuilder::Mark expressions;
    BodyBuilder::Mark bodies;
    DeclarationBuilder::Mark declarations;
    size_t openers;
  };
  Mark mark() const {
    return {expressions.mark(), bodies.mark(), declarations.mark(), context.openers.size()};
  }
  void rewind(const Mark& mark) {
    expressions.rewind(mark.expressions);
    bodies.rewind(mark.bodies);
    declarations.rewind(mark.declarations);
    context.openers.resize(mark.openers);
  }

  Context context;
  ExpressionBuilder expressions{context};
  BodyBuilder bodies;
  DeclarationBuilder declarations;
  TestBuilder tests;
};

}  // namespace krules::grammar
