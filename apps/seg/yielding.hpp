#pragma once

namespace seg::app {

// This process's train::YieldToOthers, a thread: a process that is forked starts its own, and no
// thread may run while it is forked.

void start_yielding();
void stop_yielding();

}  // namespace seg::app
