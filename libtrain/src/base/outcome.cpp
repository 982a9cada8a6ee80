#include "base/outcome.hpp"

#include "seg/plan/joined.hpp"

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

void Outcome::fail(const std::string& name, const Reason& reason) {
  const std::lock_guard lock(mutex_);
  failed_.push_back(name);
  if (failed_.size() == 1) first_reason_ = reason;
  reporter_.warn("case " + name + ": " + reason.line);
  advance();
}

void Outcome::advance() const {
  reporter_.advance(activity_, finished_.size() + failed_.size(), cases_);
}

std::vector<std::string> Outcome::finished_or_throw() const {
  if (failed_.empty()) return finished_;
  if (failed_.size() == 1)
    throw Error(first_reason_.kind, {"case " + failed_.front(), first_reason_.line});
  throw Error(first_reason_.kind,
              {std::to_string(failed_.size()) + " of " + std::to_string(cases_) +
                   " cases could not be segmented (" + joined(failed_) + "); the first",
               first_reason_.line});
}

}  // namespace seg::train
