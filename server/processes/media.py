"""The media process: the bus to the web processes, and the relay behind one UDP port."""

from server.platform.clock import clock
from server.platform.reaching import reach
from server.platform.settings import SettingError, Settings
from signaling.bus.bus import Bus
from signaling.node.media import MediaSettings, run


async def serve_media(settings: Settings) -> None:
    """Forward media until cancelled. Raises ``SettingError`` when the port cannot be opened or Redis is silent."""
    media = MediaSettings(hosts=settings.media_hosts, port=settings.media_port, announced=settings.media_announce)
    async with Bus.open(settings.redis_url, most=settings.redis_connections) as bus:
        await reach(bus.reach)
        try:
            await run(media, bus, clock=clock)
        except OSError as error:
            where = ", ".join(settings.media_hosts)
            why = f"MEDIA_PORT {settings.media_port} cannot be opened on {where}: {error.strerror}."
            raise SettingError(why) from None
