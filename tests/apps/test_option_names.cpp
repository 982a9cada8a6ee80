#include "option_names.hpp"

#include "catch.hpp"

using seg::app::with_option_names;

TEST_CASE("settings in a library's text are named as the options that are typed") {
  CHECK(with_option_names("use `overwrite` to replace it") == "use --overwrite to replace it");
  CHECK(with_option_names("`output_type=nii.gz`, or `resume`") ==
        "--output-type nii.gz, or --resume");
  CHECK(with_option_names("give `labels=left lung=1,b=2`") == "give --labels 'left lung=1,b=2'");
  CHECK(with_option_names("nothing, `Not Me` and a lone `") == "nothing, `Not Me` and a lone `");
}
