#pragma once

#include <memory>
#include <string_view>

#include "krules/input.h"
#include "krules/json_reader.h"

namespace krules {

/// Reads events out of JSON lines: CloudEvents 1.0 in JSON, or the short form with `type`, `subject` and
/// `data` alone.
class EventReader {
 public:
  /// Adds what `line` holds to `batch` (nothing for a blank line). `line` lies in batch.text, with
  /// simdjson::SIMDJSON_PADDING readable bytes behind it; batch.symbols is set.
  void read_line(std::string_view line, uint64_t number, uint64_t begin, uint64_t end, InputBatch& batch);

 private:
  bool read_event(std::string_view line, InputBatch& batch, InputEvent& event);
  bool read_attribute(std::string_view name, simdjson::ondemand::value value, InputBatch& batch,
                      InputEvent& event);
  bool read_text(std::string_view name, simdjson::ondemand::value value, std::string_view& text,
                 bool& present);
  void intern_names(const std::shared_ptr<const SymbolTable>& symbols);

  JsonReader json_;
  std::shared_ptr<const SymbolTable> symbols_;
  const Symbol* type_name_ = nullptr;
  const Symbol* subject_name_ = nullptr;
  const Symbol* data_name_ = nullptr;
  const Symbol* last_type_ = nullptr;
  std::vector<MapRep::Entry> attributes_;  // of the event being read, besides type, subject and data
};

}  // namespace krules
