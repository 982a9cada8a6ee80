#include "topic.hpp"

#include <exception>

namespace seg::oracles {

Outcome attempt(const std::string& name, const std::function<void(Outcome&)>& run) {
  Outcome outcome;
  outcome.name = name;
  try {
    run(outcome);
  } catch (const std::exception& error) {
    outcome.fault = error.what();
  }
  return outcome;
}

std::vector<Topic> all_topics() { return {planner_topic(), plans_topic(), crossval_topic()}; }

}  // namespace seg::oracles
