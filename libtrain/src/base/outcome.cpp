#include "base/outcome.hpp"

#include "seg/plan/error.hpp"
#include "seg/plan/text.hpp"

namespace seg::train {

Outcome::Outcome(std::size_t cases, std::string activity, const Reporter& reporter)
    : cases_(cases), activity_(std::move(activity)), reporter_(serialised(reporter)) {
  advance();
}

void Outcome::finish(const std::string& name) {
  const std::lock_guard lock(mutex_);
  finished_.push_back(name);
  advance();
}

void Outcome::fail(const std::string& name, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  failed_.push_back(name);
  if (failed_.size() == 1) first_reason_ = reason;
  reporter_.warn("case " + name + ": " + reason);
  advance();
}

void Outcome::advance() const {
  reporter_.advance(activity_, finished_.size() + failed_.size(), cases_);
}

std::vector<std::string> Outcome::finished_or_throw() const {
  if (failed_.empty()) return finished_;
  if (failed_.size() == 1) throw Error("case " + failed_.front() + ": " + first_reason_);
  throw Error(std::to_string(failed_.size()) + " of " + std::to_string(cases_) +
              " cases could not be segmented (" + joined(failed_) +
              "); the first: " + first_reason_);
}

}  // namespace seg::train
