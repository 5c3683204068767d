#include "group_builder.h"

#include <algorithm>
#include <iterator>

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

GroupBuilder::Piece GroupBuilder::keep(std::string_view text) {
  const Piece piece{group_.text.size(), text.size()};
  group_.text.append(text);
  return piece;
}

void GroupBuilder::add_seen(std::string_view source, std::string_view id) {
  const Piece source_piece = keep(source);
  seen_.emplace_back(source_piece, keep(id));
}

void GroupBuilder::set_timer(const Timer& timer) {
  const TimerText text = timer.text();
  TimerRow& row = timers_.emplace_back(TimerRow{timer.id(), false, timer.due(), {}});
  const std::string_view pieces[] = {text.subject, text.key,      text.type, text.payload,
                                     text.meta,    text.schedule, text.rule};
  for (size_t i = 0; i < std::size(pieces); ++i) row.pieces[i] = keep(pieces[i]);
}

void GroupBuilder::end_timer(uint64_t id) {
  timers_.push_back({id, true, 0, {}});
}

void GroupBuilder::add_story(const JournalWrite& entry, const std::vector<PropertyName>& changed) {
  Story& story = stories_.emplace_back();
  story.time = entry.time;
  const std::string_view pieces[] = {entry.event_id, entry.source, entry.type, entry.subject, entry.story};
  for (size_t i = 0; i < std::size(pieces); ++i) story.pieces[i] = keep(pieces[i]);
  for (const PropertyName& name : changed) {
    const Piece subject = keep(name.subject);
    story.changed.emplace_back(subject, keep(name.property));
  }
}

void GroupBuilder::set_call(const StoredCall& call) {
  CallRow& row = calls_.emplace_back();
  row.numbers.id = call.id;
  row.numbers.time = call.time;
  row.numbers.timeout = call.timeout;
  row.numbers.attempts = call.attempts;
  row.numbers.most_attempts = call.most_attempts;
  row.numbers.backoff = call.backoff;
  row.numbers.not_before = call.not_before;
  const std::string_view pieces[] = {call.action,  call.arguments, call.reply,
                                     call.subject, call.extra,     call.rule};
  for (size_t i = 0; i < std::size(pieces); ++i) row.pieces[i] = keep(pieces[i]);
}

void GroupBuilder::end_call(uint64_t id) {
  CallRow& row = calls_.emplace_back();
  row.numbers.id = id;
  row.numbers.removed = true;
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
  const auto kept = [&](const Piece& piece) { return text.substr(piece.begin, piece.size); };
  for (const TimerRow& row : timers_) {
    const auto piece = [&](size_t i) { return kept(row.pieces[i]); };
    group_.timers.push_back(
        {row.id, row.removed, row.due, piece(0), piece(1), piece(2), piece(3), piece(4), piece(5), piece(6)});
  }
  for (CallRow& row : calls_) {
    const auto piece = [&](size_t i) { return kept(row.pieces[i]); };
    CallWrite& write = group_.calls.emplace_back(row.numbers);
    write.action = piece(0);
    write.arguments = piece(1);
    write.reply = piece(2);
    write.subject = piece(3);
    write.extra = piece(4);
    write.rule = piece(5);
  }
  for (const auto& [source, id] : seen_) group_.seen.push_back({kept(source), kept(id)});
  for (const Story& story : stories_) {
    const auto piece = [&](size_t i) { return kept(story.pieces[i]); };
    for (const auto& [subject, property] : story.changed)
      group_.touched.push_back({kept(subject), kept(property)});
    group_.journal.push_back({story.time, piece(0), piece(1), piece(2), piece(3), piece(4),
                              static_cast<uint32_t>(story.changed.size())});
  }
  group_.journal_limit_bytes = journal_bytes_;
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
  timers_.clear();
  calls_.clear();
  seen_.clear();
  stories_.clear();
}

}  // namespace krules
