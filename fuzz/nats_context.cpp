#include <fuzz/target.hpp>

#include <mote/nats/detail/context_file.hpp>
#include <mote/nats/error.hpp>

#include <string_view>

/// The input is a context file of the `nats` command.
namespace mote::fuzz {

int nats_context(const std::uint8_t* data, std::size_t size) {
    try {
        const auto context = nats::detail::parse_context("fuzz", text_of(data, size));
        require(context.name == "fuzz", "another name");
        for (const auto& [name, value] : context.fields)
            require(!value.empty() && context.get(name) == value, "a field that is not set");
        for (const auto& [name, value] : context.fields) nats::detail::expand_path(value);
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == nats::errc::bad_context, "refused for another reason");
        require(std::string_view(refused.what()).find("fuzz: ") != std::string_view::npos,
                "an error that names no file");
    }
    return 0;
}

}  // namespace mote::fuzz
