"""Judges rdata with dnspython: JSON lines in, one JSON line out for each.

In: {"number", "wire", "text", "generic", "canonical", "mutants": [hex, ...], "texts": [...]}
Out: {"faults": [...], "theirs": text or null, "mutants": [accepted, ...], "texts": [hex or null, ...]}
"""

import json
import sys

import dns.rdata
import dns.rdataclass
import dns.rdatatype

IN = dns.rdataclass.IN


def read(rdtype, wire):
    rdata = dns.rdata.from_wire(IN, rdtype, wire, 0, len(wire))
    return rdata


def judge(case):
    faults = []
    rdtype = dns.rdatatype.RdataType.make(int(case["number"]))
    wire = bytes.fromhex(case["wire"])
    known = dns.rdata.get_rdata_class(IN, rdtype) is not dns.rdata.GenericRdata
    theirs = None
    try:
        rdata = read(rdtype, wire)
    except Exception as error:
        fault = f"refused: {error!r}"
        return {"faults": [fault], "theirs": None, "mutants": [], "texts": [], "known": known}
    if rdata.to_wire() != wire:
        faults.append(f"rewritten as {rdata.to_wire().hex()}")
    if rdata.to_digestable().hex() != case["canonical"]:
        faults.append(f"canonical {rdata.to_digestable().hex()}")
    for form in ("text", "generic"):
        if form == "text" and not known and not case["text"].startswith("\\#"):
            continue
        try:
            again = dns.rdata.from_text(IN, rdtype, case[form])
            if again.to_wire() != wire:
                faults.append(f"{form} {case[form]} read as {again.to_wire().hex()}")
        except Exception as error:
            faults.append(f"{form} {case[form]} refused: {error!r}")
    try:
        text = rdata.to_text()
        if dns.rdata.from_text(IN, rdtype, text).to_wire() == wire:
            theirs = text
    except Exception:
        pass
    mutants = []
    for mutant in case["mutants"]:
        try:
            octets = bytes.fromhex(mutant)
            mutants.append(read(rdtype, octets).to_wire() == octets)
        except Exception:
            mutants.append(False)
    texts = []
    for text in case["texts"]:
        try:
            texts.append(dns.rdata.from_text(IN, rdtype, text).to_wire().hex())
        except Exception:
            texts.append(None)
    return {"faults": faults, "theirs": theirs, "mutants": mutants, "texts": texts, "known": known}


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))))
