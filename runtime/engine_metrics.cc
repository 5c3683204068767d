#include "engine_impl.h"

namespace krules {

std::string Engine::metrics_text() {
  std::string out;
  Impl& impl = *impl_;
  if (impl.metrics != nullptr) impl.metrics->append_text(out);
  const EngineStatistics& counts = impl.statistics;
  const auto counter = [&](std::string_view name, std::string_view help, uint64_t value) {
    append_metric(out, name, "counter", help, value);
  };
  const auto gauge = [&](std::string_view name, std::string_view help, uint64_t value) {
    append_metric(out, name, "gauge", help, value);
  };
  counter("krules_input_events_total", "Events taken in, duplicates and dead letters included.",
          counts.events);
  counter("krules_duplicates_total", "Events whose id was seen before.", counts.duplicates);
  counter("krules_dead_letters_total", "Events that went to the dead letters.", counts.dead_letters);
  counter("krules_dropped_events_total", "Events that a gate stopped.", counts.dropped);
  counter("krules_emitted_events_total", "Events that rules emitted.", counts.emitted);
  counter("krules_timers_fired_total", "Timers that fired.", counts.timers);
  counter("krules_commits_total", "Commit groups.", counts.commits);
  append_metric_head(out, "krules_commit_duration_seconds", "histogram",
                     "What it took to store a commit group.");
  append_durations(out, "krules_commit_duration_seconds", {}, impl.committer->durations());
  append_metric_head(out, "krules_commit_wait_seconds", "histogram",
                     "What a commit group waited for the one before it.");
  append_durations(out, "krules_commit_wait_seconds", {}, impl.committer->waits());
  gauge("krules_open_cascades", "Cascades that are done and not yet stored.", impl.group.cascades());
  gauge("krules_subjects_cached", "Subjects in memory.", impl.cache->size());
  gauge("krules_subject_cache_bytes", "What the subjects in memory take.", impl.cache->bytes());
  gauge("krules_timers_pending", "Timers that are set.", impl.timers.size());
  gauge("krules_rules", "Rules in force.", impl.index == nullptr ? 0 : impl.index->program()->rules().size());
  return out;
}

}  // namespace krules
