#pragma once

#include "declaration_builder.h"

namespace krules::grammar {

/// All that one run of the parser gathers.
struct State {
  explicit State(SourcePtr source)
      : context(std::move(source)),
        bodies(context, expressions),
        declarations(context, expressions, bodies) {}

  struct Mark {
    ExpressionBuilder::Mark expressions;
    BodyBuilder::Mark bodies;
    size_t openers;
  };
  Mark mark() const { return {expressions.mark(), bodies.mark(), context.openers.size()}; }
  void rewind(const Mark& mark) {
    expressions.rewind(mark.expressions);
    bodies.rewind(mark.bodies);
    context.openers.resize(mark.openers);
  }

  Context context;
  ExpressionBuilder expressions{context};
  BodyBuilder bodies;
  DeclarationBuilder declarations;
};

}  // namespace krules::grammar
