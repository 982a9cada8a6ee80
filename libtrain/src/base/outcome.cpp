#include "base/outcome.hpp"

#include <algorithm>

#include "seg/plan/files.hpp"

namespace seg::train {

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
  if (failed_.empty()) return finished_;
  CaseOutcomes outcomes{done, cases_, finished_, failed_, {}, warns_};
  std::ranges::sort(outcomes.finished);
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

}  // namespace seg::train
