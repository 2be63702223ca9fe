#include <fuzz/target.hpp>

#include <mote/nats/error.hpp>
#include <mote/nats/headers.hpp>
#include <mote/nats/protocol/byte_buffer.hpp>
#include <mote/nats/protocol/parser.hpp>
#include <mote/nats/protocol/writer.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The input is a header block.
namespace mote::fuzz {
namespace {

using field_list = std::vector<std::pair<std::string, std::string>>;

bool is_within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_view(const nats::headers_view& view) {
    require(view.status() >= 0 && view.status() <= 999, "a status of other than three digits");
    require(view.status() != 0 || view.description().empty(), "a description without a status");
    require(is_within(view.description(), view.raw()), "a description from elsewhere");
    std::size_t count = 0;
    for (const auto& field : view) {
        ++count;
        require(!field.name.empty() && field.name.find_first_of(":\n") == std::string_view::npos,
                "a name that is none");
        require(field.value.find('\n') == std::string_view::npos, "a value of two lines");
        require(is_within(field.name, view.raw()) && is_within(field.value, view.raw()), "a field from elsewhere");
        const auto all = view.get_all(field.name);
        require(!all.empty() && view.get(field.name) == all.front(), "the first value is not the first of all");
    }
    require(count <= view.raw().size(), "more fields than bytes");
}

void check_sent(const nats::headers_view& view) {
    nats::headers made;
    try {
        made = nats::headers(view);
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == nats::errc::bad_header, "refused for another reason");
        return;
    }
    if (made.empty()) return;
    nats::protocol::byte_buffer out;
    nats::protocol::write_hpub(out, "a", "", made, nats::protocol::header_block_size(made), "payload");
    nats::protocol::frame sent;
    const auto result = nats::protocol::parse_client_frame(out.data(), sent);
    require(result.status == nats::protocol::parse_result::kind::complete && result.size == out.size(),
            "not read back");
    require(sent.payload == "payload", "headers reach into the payload");
    field_list fields;
    field_list wanted;
    for (const auto& field : sent.headers) fields.emplace_back(field.name, field.value);
    for (const auto& field : made) wanted.emplace_back(field.name, field.value);
    require(fields == wanted, "other headers than were sent");
}

}  // namespace

int nats_headers(const std::uint8_t* data, std::size_t size) {
    const std::unique_ptr<char[]> exact(new char[size]);  // ends where the block ends, for the address sanitizer
    text_of(data, size).copy(exact.get(), size);
    const nats::headers_view view({exact.get(), size});
    if (size < 2048) check_view(view);  // it looks each name up
    check_sent(view);
    return 0;
}

}  // namespace mote::fuzz
