#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace mote::process {

enum class errc {
    program_not_found = 1,  ///< no such file, nor one of that name in the PATH
    cannot_start,           ///< the text says at what it failed
    bad_command,            ///< an argument, a variable or a path that cannot be one
    no_sandbox,             ///< bubblewrap is not there or may not work here
    bad_limit,              ///< a limit that is no number, or that cannot be set
    no_answer,              ///< a spawner did not say in time whether it has started a command
    too_many_processes,     ///< there are as many as there may be: of the group, of the user or of the machine
};

const boost::system::error_category& process_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
[[noreturn]] void throw_error(errc code, std::string_view detail = {});

}  // namespace mote::process

template <>
struct boost::system::is_error_code_enum<mote::process::errc> : std::true_type {};
