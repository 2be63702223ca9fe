#include <mote/functions/node_state.hpp>

#include <mote/functions/error.hpp>
#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>
#include <mote/json/utf8.hpp>

#include <boost/system/system_error.hpp>

namespace mote::functions {
namespace {

constexpr std::size_t most_state_bytes = 4 * 1024 * 1024;

}  // namespace

std::string write_node_state(const node_state& state) {
    auto sent = state;
    sent.host = json::valid_utf8(sent.host);
    if (sent.labels)
        for (auto& [name, value] : *sent.labels) value = json::valid_utf8(value);  // one is the host's name
    // What a program says before it ends may be any bytes.
    for (auto& one : sent.functions) one.trouble = json::valid_utf8(one.trouble);
    return json::encode(sent);
}

node_state read_node_state(std::string_view json) {
    json::decode_options opts;
    opts.max_size = most_state_bytes;
    try {
        return json::decode<node_state>(json, opts);
    } catch (const boost::system::system_error& error) {
        throw_error(errc::bad_description, std::string("state of a node: ") + error.what());
    }
}

}  // namespace mote::functions
