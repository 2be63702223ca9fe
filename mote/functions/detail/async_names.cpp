#include <mote/functions/detail/async_names.hpp>

#include <boost/system/system_error.hpp>

namespace mote::functions::detail {

std::optional<function_name> function_in(std::string_view subject, std::string_view prefix) {
    if (!subject.starts_with(prefix)) return std::nullopt;
    try {
        return function_name::from_key(subject.substr(prefix.size()));
    } catch (const boost::system::system_error&) {
        return std::nullopt;
    }
}

}  // namespace mote::functions::detail
