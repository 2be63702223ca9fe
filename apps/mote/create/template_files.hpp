#pragma once

#include <span>
#include <string_view>

namespace mote::command {

/// A file of apps/mote/create/templates, as it was when the program was configured.
struct template_file {
    std::string_view path;  ///< LANGUAGE/LAYER/path in the project
    std::string_view text;  ///< with placeholders such as `@NAME@`
};

std::span<const template_file> template_files();

}  // namespace mote::command
