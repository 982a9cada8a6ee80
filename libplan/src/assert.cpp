#include "seg/plan/assert.hpp"

#include <stdexcept>
#include <string>

namespace seg {

void assertion_failed(const char* condition, const char* file, int line) {
  throw std::logic_error(std::string(file) + ":" + std::to_string(line) +
                         ": not true: " + condition);
}

}  // namespace seg
