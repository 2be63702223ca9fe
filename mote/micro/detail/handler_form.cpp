#include <mote/micro/detail/handler_form.hpp>

#include <utility>

namespace mote::micro::detail {

described_handler::described_handler() noexcept = default;
described_handler::described_handler(described_handler&& other) noexcept = default;
described_handler::~described_handler() = default;

void described_handler::runs(inline_handler&& handler) noexcept { run = std::move(handler); }
void described_handler::runs(coroutine_handler&& handler) noexcept { run = std::move(handler); }

}  // namespace mote::micro::detail
