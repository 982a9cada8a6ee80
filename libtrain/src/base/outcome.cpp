#include "base/outcome.hpp"

#include <algorithm>
#include <atomic>

#include "seg/data/cores.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {
namespace {

/// What the next case would fail with, too.
bool fails_all(const Error& error) {
  return error.kind() == ErrorKind::no_space || error.kind() == ErrorKind::not_writable;
}

}  // namespace

Outcome::Outcome(std::size_t cases, std::string activity, const Reporter& reporter)
    : cases_(cases),
      activity_(std::move(activity)),
      warns_(cases > 1 && reporter.warning),
      reporter_(serialised(reporter)) {
  advance();
}

void Outcome::finish(const std::string& name) {
  const std::lock_guard lock(mutex_);
  finished_.push_back(name);
  advance();
}

void Outcome::fail(const FailedCase& failure) {
  const std::lock_guard lock(mutex_);
  failed_.push_back(failure);
  if (warns_) reporter_.warn("case " + failure.name + ": " + failure.line);
  advance();
}

void Outcome::advance() const {
  reporter_.advance(activity_, finished_.size() + failed_.size(), cases_);
}

void Outcome::take_in_others(data::Ranks& ranks) {
  Json own{{"finished", finished_}, {"failed", Json::array()}};
  for (const FailedCase& failure : failed_)
    own["failed"].push_back({failure.name, static_cast<int>(failure.kind), failure.line});
  const auto texts = ranks.gather(own.dump(-1, ' ', false, Json::error_handler_t::replace));
  for (std::size_t rank = 0; rank < texts.size(); ++rank) {
    if (static_cast<int>(rank) == ranks.rank()) continue;
    const Json others = Json::parse(texts[rank]);
    for (const Json& name : others.at("finished")) finished_.push_back(name);
    for (const Json& one : others.at("failed"))
      failed_.push_back({one.at(0), static_cast<ErrorKind>(one.at(1).get<int>()), one.at(2)});
  }
  std::ranges::sort(finished_);
  std::ranges::sort(failed_, {}, &FailedCase::name);
}

std::vector<std::string> Outcome::finished_or_throw(const std::string& done) const {
  CaseOutcomes outcomes{done, cases_, finished_, failed_, {}, warns_};
  std::ranges::sort(outcomes.finished);
  if (failed_.empty()) return outcomes.finished;
  std::ranges::sort(outcomes.failed, {}, &FailedCase::name);
  throw SomeFailed(outcomes);
}

std::vector<std::string> finished_cases(const CaseRun& run, const Reporter& reporter,
                                        const std::function<void(Outcome&)>& work) {
  std::optional<Outcome> outcome;
  const auto own_cases = [&](const Reporter& own) {
    outcome.emplace(run.cases, run.activity, own);
    work(*outcome);
  };
  if (run.ranks) {
    run.ranks->do_together(reporter, own_cases);
    outcome->take_in_others(*run.ranks);
  } else {
    own_cases(reporter);
  }
  return outcome->finished_or_throw(run.done);
}

std::vector<std::string> finished_cases(
    const SeparateCases& cases, const Reporter& reporter,
    const std::function<void(std::size_t, const Reporter&)>& work) {
  const CaseRun run{cases.names.size(), cases.activity, cases.done, cases.ranks};
  return finished_cases(run, reporter, [&](Outcome& outcome) {
    const Reporter& serial = outcome.reporter();
    data::ParallelCases several{.jobs = cases.jobs > 0 ? cases.jobs : data::all_cores(),
                                .activity = cases.activity};
    several.reporter.detail = serial.detail;  // the outcome tells the progress
    several.ranks = cases.ranks;
    std::atomic<bool> stopped = false;
    data::for_each_case(cases.names.size(), several, [&](std::size_t i, const Reporter&) {
      if (stopped) return;
      const auto finished = outcome.attempt(cases.names[i], [&] {
        try {
          work(i, serial);
        } catch (const Error& error) {
          if (fails_all(error)) stopped = true;
          throw;
        }
        return true;
      });
      if (finished) outcome.finish(cases.names[i]);
    });
  });
}

}  // namespace seg::train
