#pragma once

namespace seg::train {

/// Script elements that show volumes, with NiiVue in them; empty in builds without.
const char* report_volumes();

}  // namespace seg::train
