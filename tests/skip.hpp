#pragma once

#include <iostream>
#include <string>

namespace seg::test {

/// How many tests of this process could not do all that they are for.
inline int& skipped_tests() {
  static int count = 0;
  return count;
}

/// Says why a test, or the rest of it, cannot be run here. ctest then reports the test as skipped:
/// the program ends with the code that tests/CMakeLists.txt names, unless something failed.
inline void skip(const std::string& reason) {
  ++skipped_tests();
  std::cout << "skipped: " << reason << std::endl;
}

}  // namespace seg::test
