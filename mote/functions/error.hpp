#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>

namespace mote::functions {

enum class errc {
    bad_name = 1,     ///< of a function, a namespace or a secret
    bad_description,  ///< of a function: a field that is missing, of the wrong type, too large or out of its bounds
    bad_setting,      ///< a label, annotation or variable whose value cannot be read
    function_not_found,
    function_exists,
    namespace_not_found,
    namespace_exists,
    wrong_revision,  ///< somebody else changed it meanwhile
    secret_not_found,
    secret_exists,
    bad_seal,    ///< what is stored was not sealed for this key, or was changed
    bad_key,     ///< a file that holds no sealing key, or that others may read
    bad_bundle,  ///< not an archive, or one that is not safe to unpack; the text says what in it
    bundle_not_found,
    bad_log,            ///< a stored line that cannot be read
    no_sealing_key,     ///< no node has said yet what secrets are to be sealed for
    other_sealing_key,  ///< the nodes have another key than this one
    secret_too_large,
    namespace_not_empty,  ///< functions are in it
    bad_call,             ///< an asynchronous call whose id, method, path or query cannot be one
    bad_callback,         ///< an address that results cannot be sent to; the text does not show its user
    call_too_large,       ///< body and headers are more than the NATS server's `max_payload`; the text names it
    queue_full,           ///< as many bytes or calls wait as the stream takes
    call_id_taken,        ///< a call of another function has this id; the text names that
};

const boost::system::error_category& functions_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;
[[noreturn]] void throw_error(errc code, std::string_view detail = {});
/// What `throw_error` was given, for a person (nats::plain_reason): without the words of the code; those when it was given
/// nothing.
std::string detail_of(const boost::system::system_error& thrown);

}  // namespace mote::functions

template <>
struct boost::system::is_error_code_enum<mote::functions::errc> : std::true_type {};
