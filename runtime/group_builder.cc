#include "group_builder.h"

#include <algorithm>

#include "krules/json.h"
#include "subject_cache.h"

namespace krules {

namespace {

constexpr size_t kFirstText = 4096;

void append_slots(std::string& out, const PropertySlot* begin, const PropertySlot* end) {
  out.push_back('{');
  for (const PropertySlot* slot = begin; slot != end; ++slot) {
    if (slot != begin) out.push_back(',');
    append_json_string(out, slot->name->text());
    out.push_back(':');
    append_json(out, slot->value, JsonStyle::kTagged);
  }
  out.push_back('}');
}

}  // namespace

void GroupBuilder::touch(Subject& subject, uint16_t part) {
  if (subject.last_group != group_.number) {
    subject.last_group = group_.number;
    subject.dirty_place = static_cast<uint32_t>(touched_.size());
    touched_.push_back(&subject);
    if (parts_.size() < touched_.size()) parts_.emplace_back();
    parts_[subject.dirty_place].clear();
    parts_[subject.dirty_place].push_back(part);
    return;
  }
  std::vector<uint16_t>& parts = parts_[subject.dirty_place];
  if (parts.back() != part && std::find(parts.begin(), parts.end(), part) == parts.end())
    parts.push_back(part);
}

void GroupBuilder::add_seen(std::string_view source, std::string_view id) {
  const Piece source_piece{group_.text.size(), source.size()};
  group_.text.append(source);
  const Piece id_piece{group_.text.size(), id.size()};
  group_.text.append(id);
  seen_.emplace_back(source_piece, id_piece);
}

void GroupBuilder::write_part(Subject& subject, uint16_t part) {
  // Slots stand in the order of their parts.
  const PropertySet& set = subject.properties;
  const auto* begin = std::lower_bound(set.begin(), set.end(), part,
                                       [](const PropertySlot& slot, uint16_t p) { return slot.part < p; });
  const auto* end = begin;
  while (end != set.end() && end->part == part) ++end;
  Row row{&subject, part, {group_.text.size(), 0}, {}};
  const bool has_extended = part == 0 && subject.extended != nullptr && subject.extended->size() > 0;
  if (begin != end || has_extended) {
    append_slots(group_.text, begin, end);
    row.properties.size = group_.text.size() - row.properties.begin;
  }
  row.extended.begin = group_.text.size();
  if (has_extended) {
    append_slots(group_.text, subject.extended->begin(), subject.extended->end());
    row.extended.size = group_.text.size() - row.extended.begin;
  }
  rows_.push_back(row);
}

CommitGroup& GroupBuilder::close() {
  for (size_t i = 0; i < touched_.size(); ++i) {
    for (const uint16_t part : parts_[i]) write_part(*touched_[i], part);
  }
  const std::string_view text = group_.text;  // no longer moving
  for (const Row& row : rows_) {
    group_.subjects.push_back({row.subject->name(), row.part,
                               text.substr(row.properties.begin, row.properties.size),
                               text.substr(row.extended.begin, row.extended.size)});
  }
  for (const auto& [source, id] : seen_) {
    group_.seen.push_back({text.substr(source.begin, source.size), text.substr(id.begin, id.size)});
  }
  return group_;
}

void GroupBuilder::restart(uint64_t number) {
  group_.clear();
  group_.number = number;
  // On the heap from the start: the views into it stay when the group changes hands.
  group_.text.reserve(kFirstText);
  cascades_ = 0;
  touched_.clear();
  rows_.clear();
  seen_.clear();
}

}  // namespace krules
