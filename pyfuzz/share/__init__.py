# SPDX-License-Identifier: GPL-2.0-only
"""Campaigns on many machines exchange inputs and findings through one place, by its URL.

    URL/TARGETHASH/inputs/SHA1              an engine input
    URL/TARGETHASH/findings/SHA256.json     a finding with its sequence
    URL/TARGETHASH/hosts/NAME.json          a campaign's heartbeat

Everything but a heartbeat is named by its content, so there are no locks; nothing is
unpickled.  A campaign has one child process that talks to the place (carrier.py, which
link.py starts), so a place that hangs never holds up the campaign.
"""
