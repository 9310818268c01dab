"""Words of Hindi whose shapes or whose order of signs PDF libraries get wrong, and what stands beside them."""

_TEXT = """
क्षत्रिय नियुक्ति प्राधिकारी कार्यालय श्री ट्ठ ङ्गु र्थि द्ध ह्म मिट्ठू शृङ्गार विद्यार्थियों ज्ञानचन्द्र ऋषि कृष्ण
द्वितीय हिन्दी किं र्ति श्रीमती लक्ष्मी ब्राह्मण चिट्ठी संस्कृति ज़िला फ़ॉर्म पढ़ाई राजस्थान तथ्य काग़ज़ उपखण्ड डि’सूज़ा
राम-प्रसाद ई-मित्र १२३ माँ दुःख ॐ Citizen O'Brien D’Souza José ₹50 12/3
"""
# Half a letter and a whole one where they are asked for: with the joiner and the non-joiner.
_JOINED = ["र्\N{ZERO WIDTH JOINER}य", "क्\N{ZERO WIDTH JOINER}ष", "क्\N{ZERO WIDTH NON-JOINER}ष"]

WORDS = _TEXT.split() + _JOINED
