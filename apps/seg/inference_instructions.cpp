#include "inference_instructions.hpp"

#include "seg/plan/joined.hpp"
#include "shell_word.hpp"

namespace seg::app {
namespace {

/// One command for each stage; all but the last write to OUTPUT with _PREVIOUS_STAGE.
std::string predict_commands(const train::InferenceSteps& steps,
                             const train::InferenceSteps::Stages& stages, std::string output) {
  std::string text;
  for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) {
    const bool last = stage == stages.rbegin(), first = stage + 1 == stages.rend();
    const std::string previous = output + "_PREVIOUS_STAGE";
    text.insert(0, "seg predict --model " + shell_word(stage->string()) +
                       " --input INPUT_FOLDER --output " + output + " --folds " +
                       joined(steps.folds, ",") + (first ? "" : " --previous-stage " + previous) +
                       (last && steps.members.size() > 1 ? " --save-probabilities\n" : "\n"));
    output = previous;
  }
  return text;
}

}  // namespace

std::string inference_instructions(const train::InferenceSteps& steps) {
  std::string text = "Segment new scans like this:\n\n", outputs;
  if (steps.members.size() == 1) {
    text += predict_commands(steps, steps.members.front(), "OUTPUT_FOLDER");
  } else {
    for (const auto& stages : steps.members) {
      const std::string output =
          "OUTPUT_FOLDER_MODEL_" + std::to_string(&stages - steps.members.data() + 1);
      text += predict_commands(steps, stages, output);
      outputs += " " + output;
    }
    text += "\nAverage what both models predicted:\n\nseg ensemble --input" + outputs +
            " --output OUTPUT_FOLDER\n";
  }
  return text + "\nThen apply the post-processing that cross-validation chose:\n\n" +
         "seg postprocess --input OUTPUT_FOLDER --output OUTPUT_FOLDER_PP --decision " +
         shell_word(steps.postprocessing.string()) + "\n";
}

}  // namespace seg::app
