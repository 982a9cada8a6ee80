#pragma once

#include <functional>
#include <vector>

namespace seg::app {

/// Runs each piece of work in a process of its own, all at a time, and waits for their ends. To be
/// called before there are threads, but that of start_yielding(). A signal that asks for the end
/// reaches them all.
/// @throws Error when one failed, which has told why by then, or was stopped.
void run_side_by_side(const std::vector<std::function<void()>>& pieces);

}  // namespace seg::app
